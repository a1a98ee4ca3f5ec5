"""torch, tensors on the processor."""

from __future__ import annotations

import torch

from .facts import there
from .table import EXACT, REFUSED, kind


def _tensor(value):
    return [
        type(value).__name__,
        str(value.dtype),
        list(value.shape),
        str(value.detach().resolve_conj().resolve_neg().tolist()),
        value.requires_grad,
        value.is_conj(),
        value.is_neg(),
        sorted(vars(value)),
    ]


def _made(name, old, expected=EXACT, **options):
    new = options.pop("new", lambda: torch.zeros(0))
    kind(name, expected, seen=options.pop("seen", _tensor), **options)(
        lambda served: old() if served else new()
    )


def _with_attribute():
    made = torch.ones(3)
    made.about = "ann"
    return made


def _with_gradient():
    made = torch.ones(3, requires_grad=True)
    (made * 2).sum().backward()
    return made


def _hooked():
    made = torch.ones(3, requires_grad=True)
    made.register_hook(lambda grad: grad)
    return made


def _grown(value):
    return [value.resize_(10).shape[0], value[:3].tolist()]


def _pair():
    base = torch.arange(5.0)
    return [base, base[1:]]


def _trained():
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {"model": model, "optimizer": optimizer}


def _training(value):
    group = value["optimizer"].param_groups[0]["params"]
    weight = value["model"].weight
    state = value["optimizer"].state[weight]
    return [weight.tolist(), group[0] is weight, str(state), weight.grad.tolist()]


def _written(value):
    value[0][1] = 50
    return value[1].tolist()


_made("torch.Tensor", lambda: torch.arange(6.0).reshape(2, 3))
_made("torch.Tensor, bfloat16", lambda: torch.ones(3, dtype=torch.bfloat16))
_made("torch.Tensor, conj()", lambda: torch.tensor([1 + 2j, 3 - 1j]).conj())
_made("torch.Tensor, neg view", lambda: torch.tensor([1 + 2j]).conj().imag)
_made("torch.Tensor with attributes", _with_attribute, seen=lambda v: [_tensor(v), v.about])
_made("torch.Tensor, requires_grad", lambda: torch.ones(2, requires_grad=True))
_made("torch.Tensor with a gradient", _with_gradient, seen=lambda v: [_tensor(v), v.grad.tolist()])
_made("torch.Tensor with a hook", _hooked, REFUSED, seen=there)
_made("torch.Tensor of a graph", lambda: torch.ones(2, requires_grad=True) * 2, REFUSED, seen=there)
_made("torch.Tensor, not contiguous", lambda: torch.arange(6.0).reshape(2, 3).t())
_made("torch.Tensor, resized", lambda: torch.ones(3), seen=_grown)
_made("torch.Tensor and its view", _pair, seen=_written, new=list)
_made(
    "torch.Tensor, sparse", lambda: torch.eye(3).to_sparse(), seen=lambda v: v.to_dense().tolist()
)
_made("torch.nn.Parameter", lambda: torch.nn.Parameter(torch.ones(2)))
_made("torch.nn.Module and its optimizer", _trained, seen=_training, new=dict)
_made(
    "torch.Size, dtype, device",
    lambda: [torch.Size([2]), torch.float16, torch.device("cpu")],
    seen=repr,
    new=list,
)
_made("torch.Tensor on another device", lambda: torch.ones(2, device="meta"), REFUSED, seen=there)
