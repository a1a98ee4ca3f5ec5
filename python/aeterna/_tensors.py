"""torch's tensors on the processor, of every version since 1.10."""

from __future__ import annotations

import sys
from typing import Any

from . import _rebuild
from ._storage import BulkStorage, Reduced, Storages, Unpicklable
from ._untyped import untyped


def is_tensor(kind: type, torch: Any) -> bool:
    parameter = getattr(getattr(torch, "nn", None), "Parameter", None)
    return kind in (getattr(torch, "Tensor", None), parameter)


def storage_of(value: Any, storages: Storages) -> BulkStorage:
    under = untyped(value)
    is_own = not hasattr(under, "resizable") or under.resizable()  # before 2.0 nobody says it
    form = ("torch", None, None) if is_own else None
    return storages.at(under.data_ptr(), under.nbytes(), value, form)


def _hooks(value: Any) -> bool:
    after = getattr(value, "_post_accumulate_grad_hooks", None)
    return bool(value._backward_hooks) or bool(after)


def reduce_tensor(value: Any, storages: Storages) -> Reduced:
    torch: Any = sys.modules["torch"]
    if value.device.type != "cpu":
        raise Unpicklable(f"cannot pickle a tensor on {value.device}: only CPU tensors travel")
    if value.layout is not torch.strided or value.is_quantized:
        return NotImplemented
    if value.requires_grad and not value.is_leaf:
        raise Unpicklable("cannot pickle a tensor that is part of a graph: detach() it")
    if _hooks(value):
        raise Unpicklable("cannot pickle a tensor with hooks: register them at the start")
    base = storage_of(value, storages)
    arguments = (
        base,
        value.dtype,
        value.storage_offset(),
        tuple(value.size()),
        value.stride(),
        bool(value.requires_grad),
        type(value) is not torch.Tensor,
    )
    views = (value.is_conj(), value.is_neg())
    own = {key: part for key, part in vars(value).items()}
    grad = value.grad if value.is_leaf else None
    if not any(views) and not own and grad is None:
        return (_rebuild.tensor, arguments)
    held = {"own": own, "grad": grad}
    return (_rebuild.tensor, (*arguments, *views), held, None, None, _rebuild.fill_tensor)
