"""What the tests of the module share: containers in memory, programs in a fresh interpreter."""

import fcntl
import os
import subprocess
import sys
import tempfile
import textwrap
import types
import unittest
from pathlib import Path

from aeterna import _beside, _dump, _pending, _rebuild, _receive, _registry, _schema, _start
from aeterna._format import Origin
from aeterna._reader import Expected
from aeterna._runtime import SHM, STEP_DUMP, STEP_LOAD, Request
from aeterna._slots import Held
from aeterna._writer import plan, write

ROOT = Path(__file__).resolve().parents[2]
RUN_ID = bytes(range(16))
ORIGIN = Origin(RUN_ID, 7, 4242, 1000, 1_700_000_000_000_000_000, "cpython-3.11.2")
EXPECTED = Expected(RUN_ID, 7)


def memory(sections, origin=ORIGIN):
    """A container as it would lie in the memfd."""
    layout = plan(sections)
    container = bytearray(layout.total_len)
    with memoryview(container) as target:
        write(target, layout, origin)
    return container


def memfd(content=b""):
    fd = os.memfd_create("state", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    if content:
        os.write(fd, content)
    return fd


def seal(fd):
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)


def dump_request(fd, mechanism=SHM):
    return Request(STEP_DUMP, mechanism, fd, 0, 7, RUN_ID)


def load_request(fd, mechanism=SHM, fds=()):
    return Request(STEP_LOAD, mechanism, fd, 0, 7, RUN_ID, tuple(fds))


class Box(Held):
    """State that a test holds itself."""

    def __init__(self, name, content, codec="pickle", schema=1):
        super().__init__(name, codec, schema)
        self.content = content

    def get(self):
        return self.content

    def set(self, new):
        self.content = new
        return True


class StateTest(unittest.TestCase):
    """Each test with a registry of its own."""

    def setUp(self):
        for table in (_registry.slots, _pending.entries, _schema._steps):
            table.clear()
        _start.forget()
        _beside.forget()
        _rebuild.arrived.clear()

    def box(self, name, content, **options):
        box = _registry.slots[name] = Box(name, content, **options)
        return box

    def swap(self, **contents):
        """Dumps what is registered, loads it into boxes with the given contents."""
        return self.swap_to(lambda: [self.box(*named) for named in contents.items()])

    def swap_to(self, start):
        """The same for a new version that start() registers: nothing here holds its objects."""
        fd = memfd()
        self.addCleanup(os.close, fd)
        descriptors = _dump.dump_here(dump_request(fd))
        seal(fd)
        _registry.slots.clear()
        _start.forget()
        _beside.forget()
        boxes = start()
        _receive.load_here(load_request(fd, fds=[os.dup(d) for d in descriptors]))
        return boxes


class ClassTest(StateTest):
    """With a class that another version of the program has, too."""

    def of_class(self, old, new):
        """The same class in two versions of the program; the state has an object of it."""
        module = types.ModuleType("versions")
        sys.modules["versions"] = module
        self.addCleanup(sys.modules.pop, "versions", None)
        for kind in (old, new):
            kind.__module__, kind.__qualname__, kind.__name__ = "versions", "Kind", "Kind"
        module.Kind = old
        self.box("s", [old()])

        def start():
            module.Kind = new
            return [self.box("s", [])]

        (box,) = self.swap_to(start)
        return box.content[0]


class Programs:
    """A directory with a program's files, and ways to run them."""

    def __init__(self, test):
        directory = tempfile.TemporaryDirectory()
        test.addCleanup(directory.cleanup)
        self.path = Path(directory.name)

    def write(self, name, text):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def run(self, *command, state="", fds=(), preload="", **env):
        """With sitecustomize where `state` is given, as the launcher does it."""
        first = "python/site" if state else "python"
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / first),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AETERNA_STATE": state,
            "AETERNA_GENERATION": "7",
            "LD_PRELOAD": preload,
            **env,
        }
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            cwd=self.path,
            env=environment,
            pass_fds=fds,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode:
            raise AssertionError(f"status {done.returncode}\n{done.stdout}{done.stderr}")
        return done
