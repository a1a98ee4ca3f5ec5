"""torch CPU tensors in the state: for an interpreter that has torch and numpy.

PYTHONPATH=python:tests/python PYTHON -m unittest torch_cases
"""

import os

import numpy
import torch
from aeterna import _dump
from aeterna._carrier import read_shm
from aeterna._format import BUFFER
from aeterna._refusal import Refused
from aeterna._untyped import untyped
from support import EXPECTED, StateTest, dump_request, memfd, seal

LARGE = 1 << 16


class TensorTest(StateTest):
    def buffers(self):
        fd = memfd()
        self.addCleanup(os.close, fd)
        _dump.dump_here(dump_request(fd))
        seal(fd)
        return [row.length for row in read_shm(fd, EXPECTED, ()).rows if row.kind == BUFFER]

    def test_views_and_arrays_over_one_storage(self):
        base = torch.arange(LARGE, dtype=torch.float32).reshape(4, -1)
        state = [base, base[1], base.t(), base[:, ::3], base.numpy(), base.detach()]
        self.box("s", state)
        for _generation in range(3):
            self.assertEqual(self.buffers(), [LARGE * 4])
            (s,) = self.swap(s=[])
            for before, after in zip(state, s.content):
                numpy.testing.assert_array_equal(numpy.asarray(before), numpy.asarray(after))
                self.assertEqual(type(before), type(after))
            s.content[0][1, 3] = -5
            base[1, 3] = -5
            self.assertEqual(s.content[1][3].item(), -5)
            storages = {untyped(tensor)._cdata for tensor in s.content[:4]}
            self.assertEqual(len(storages), 1)
            self.assertEqual(s.content[2][3, 1].item(), -5)
            self.assertEqual(s.content[3][1, 1].item(), -5)
            self.assertEqual(s.content[4][1, 3], -5)

    def test_kinds(self):
        kinds = [
            torch.tensor(3.5),
            torch.empty(0, 2),
            torch.ones(3, dtype=torch.bfloat16),
            torch.tensor([1, 2], dtype=torch.int64),
            torch.tensor([True]),
            torch.complex(torch.ones(2), torch.ones(2)),
            torch.ones(2, requires_grad=True),
        ]
        self.box("s", kinds)
        (s,) = self.swap(s=[])
        for before, after in zip(kinds, s.content):
            self.assertEqual(before.dtype, after.dtype)
            self.assertEqual(before.shape, after.shape)
            self.assertTrue(torch.equal(before, after))
            self.assertEqual(before.requires_grad, after.requires_grad)

    def test_a_model_that_trains_on(self):
        model = torch.nn.Sequential(torch.nn.Linear(300, 300), torch.nn.Linear(300, 1))
        model[1].tied = model[0].weight
        given = torch.ones(1, 300)
        expected = model(given).item()
        self.box("m", {"model": model})
        (m,) = self.swap(m={})
        came = m.content["model"]
        self.assertIsInstance(came[0].weight, torch.nn.Parameter)
        self.assertIs(came[1].tied, came[0].weight)
        answer = came(given)
        self.assertEqual(answer.item(), expected)
        answer.backward()
        torch.optim.SGD(came.parameters(), lr=0.1).step()
        self.assertNotEqual(came(given).item(), expected)
        self.assertEqual(model(given).item(), expected)

    def test_what_is_part_of_a_graph(self):
        self.box("s", {"y": torch.ones(2, requires_grad=True) * 2})
        with self.assertRaisesRegex(Refused, r"s\['y'\]: cannot pickle a tensor .* detach"):
            self.swap(s={})

    def test_a_tensor_elsewhere(self):
        self.box("s", {"m": torch.ones(2, device="meta")})
        with self.assertRaisesRegex(Refused, r"s\['m'\]: cannot pickle a tensor on meta"):
            self.swap(s={})
