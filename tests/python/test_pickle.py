"""What travels and what does not: sharing, sockets, large bytes, and the way to what cannot go."""

import asyncio
import collections
import os
import socket
import ssl
import sys
import tempfile
import threading
from asyncio.trsock import TransportSocket
from unittest import mock

from aeterna import _collect, _dump, _pickle, _receive
from aeterna._carrier import read_shm
from aeterna._format import OBJECT, PICKLE, SOCKET
from aeterna._path import culprit
from aeterna._reduce import Reducers
from aeterna._refusal import Refused
from aeterna._runtime import COMPARE
from support import EXPECTED, StateTest, dump_request, load_request, memfd, seal


class Session:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("left", "__right")

    def __init__(self, left, right):
        self.left = left
        self.__right = right

    def right(self):
        return self.__right


class Refuser:
    def __reduce_ex__(self, protocol):
        raise ValueError("never\nmoved")


def generator():
    yield 1


class DescriptionTest(StateTest):
    """What a dry run compares: each object of the pickle, as if it were alone."""

    def described(self, **contents):
        for name, content in contents.items():
            self.box(name, content)
        fd = memfd()
        self.addCleanup(os.close, fd)
        _dump.dump_here(dump_request(fd)._replace(flags=COMPARE))
        seal(fd)
        container = read_shm(fd, EXPECTED, [])
        rows = {row.name: row for row in container.rows if row.kind == OBJECT}
        return fd, rows

    def test_what_was_loaded_is_described_as_it_was(self):
        user = Session(name="ann", bytes=os.urandom(100_000))
        fd, before = self.described(a=[user, {"x": user}], b=user, c={1, 2})
        self.assertEqual(set(before), {"a", "b", "c"})
        self.assertGreater(before["b"].length, 100_000)
        boxes = {name: self.box(name, None) for name in before}
        _receive.load_here(load_request(fd))
        _, after = self.described(**{name: box.content for name, box in boxes.items()})
        self.assertEqual(after, before)

    def test_another_object_has_another_description(self):
        _, before = self.described(a=[1, 2, 3], b="x" * 200)
        _, after = self.described(a=[1, 2, 4], b="x" * 200)
        self.assertNotEqual(after["a"].checksum, before["a"].checksum)
        self.assertEqual(after["a"].length, before["a"].length)
        self.assertEqual(after["b"], before["b"])

    def test_a_long_name_is_cut_and_told_from_others(self):
        _, rows = self.described(**{"ä" * 60: 1, "ä" * 61: 1})
        self.assertEqual(len(rows), 2)
        self.assertEqual({name.partition("~")[0] for name in rows}, {"ä" * 34})

    def test_a_swap_says_what_there_is_and_no_more(self):
        self.box("x", [1])
        sections = _collect.collect()[0]
        self.assertEqual([s.row.kind for s in sections], [PICKLE, OBJECT])
        self.assertEqual(sections[1].row.checksum, 0)


class TravelTest(StateTest):
    def test_what_two_names_share_stays_shared(self):
        user = Session(name="ann")
        self.box("a", {"user": user, "log": [user]})
        self.box("b", [user])
        a, b = self.swap(a={}, b=[])
        self.assertIs(a.content["user"], b.content[0])
        self.assertIs(a.content["log"][0], b.content[0])

    def test_large_bytes_are_not_copied_on_their_way(self):
        body, array = os.urandom(100_000), bytearray(os.urandom(70_000))
        sections = _pickle.dump({"x": (1, [body, array, body])}, owner=1)
        chunks = sections[0].chunks
        self.assertTrue(any(chunk is body for chunk in chunks))
        self.assertTrue(any(chunk is array for chunk in chunks))
        self.box("x", [body, array, body])
        (x,) = self.swap(x=[])
        self.assertEqual(x.content, [body, array, body])
        self.assertIs(x.content[0], x.content[2])

    def test_sockets_come_back_open(self):
        here, there = socket.socketpair()
        with here, there:
            here.settimeout(2.5)
            self.box("s", {"peer": here, "same": [here]})
            (s,) = self.swap(s={})
            came = s.content["peer"]
            self.assertIs(came, s.content["same"][0])
            self.assertNotEqual(came.fileno(), here.fileno())
            self.assertEqual((came.family, came.type), (here.family, here.type))
            self.assertEqual(came.gettimeout(), 2.5)
            came.sendall(b"still here")
            self.assertEqual(there.recv(20), b"still here")
            came.close()

    def test_rows_of_sockets(self):
        pairs = [socket.socketpair() for _ in range(2)]
        self.box("s", [pairs[0][0], pairs[1][1]])
        fd = memfd()
        fds = _dump.dump_here(dump_request(fd))
        self.assertEqual(fds, [pairs[0][0].fileno(), pairs[1][1].fileno()])
        seal(fd)
        rows = read_shm(fd, EXPECTED, fds).rows
        self.assertEqual(
            [(r.kind, r.off, r.length, r.owner) for r in rows[1:-1]], [(SOCKET, 0, 1, 1)]
        )
        self.assertEqual(rows[0].kind, PICKLE)
        for s in [s for pair in pairs for s in pair]:
            s.close()
        os.close(fd)

    def test_descriptors_that_nobody_takes_are_closed(self):
        here, there = socket.socketpair()
        with here, there:
            self.box("s", [here])
            fd = memfd()
            self.addCleanup(os.close, fd)
            (number,) = _dump.dump_here(dump_request(fd))
            seal(fd)
            spare = os.dup(number)
            with self.assertRaises(Refused):
                _receive.load_here(load_request(fd, fds=[spare])._replace(generation=8))
        self.assertRaises(OSError, os.fstat, spare)

    def test_more_sockets_than_one_message_takes(self):
        pairs = [socket.socketpair() for _ in range(300)]
        self.box("s", [here for here, _ in pairs])
        (s,) = self.swap(s=[])
        self.assertEqual(len(s.content), 300)
        for index, (came, (here, there)) in enumerate(zip(s.content, pairs)):
            came.sendall(b"%d" % index)
            self.assertEqual(there.recv(20), b"%d" % index)
            for one in (came, here, there):
                one.close()

    def test_more_sockets_than_travel(self):
        here, there = socket.socketpair()
        with here, there, mock.patch("aeterna._collect.MOST_DESCRIPTORS", 2):
            many = [here.dup() for _ in range(3)]
            self.box("s", many)
            with self.assertRaisesRegex(Refused, "state_too_large: 3 sockets and arenas, more"):
                self.swap(s=[])
            for one in many:
                one.close()

    def test_sockets_of_asyncio_come_back_plain(self):
        """What transport.get_extra_info("socket") is."""
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            self.box("s", [TransportSocket(here)])
            (s,) = self.swap(s=[])
            (came,) = s.content
            self.assertIs(type(came), socket.socket)
            self.assertEqual(came.gettimeout(), 0)
            came.sendall(b"still here")
            self.assertEqual(there.recv(20), b"still here")
            came.close()


class RefusedTest(StateTest):
    def refused(self, value, sentence):
        self.box("my_agent:HISTORY", value)
        with self.assertRaises(Refused) as caught:
            self.swap()
        self.assertEqual(caught.exception.word, "dump_failed")
        self.assertTrue(caught.exception.sentence.startswith(sentence), caught.exception.sentence)

    def test_each_with_its_path(self):
        name = "my_agent:HISTORY"
        lock = threading.Lock()
        closed = socket.socket()
        closed.close()
        file = tempfile.TemporaryFile()
        self.addCleanup(file.close)
        tls = ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="x")
        self.addCleanup(tls.close)
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        # The words are the interpreter's.
        no_file = "'BufferedRandom' instances"
        if sys.version_info < (3, 12):
            no_file = "'_io.BufferedRandom' object"
        cases = [
            ({"x": Session(lock=lock)}, "['x'].lock: cannot pickle '_thread.lock' object"),
            (["a", ("b", {"c": generator()})], "[1][1]['c']: cannot pickle 'generator' object"),
            ({"f": file}, f"['f']: cannot pickle {no_file}"),
            ([lambda: 0], "[0]: cannot pickle 'RefusedTest."),
            (Slotted(1, [lock]), "._Slotted__right[0]: cannot pickle '_thread.lock'"),
            (collections.deque([1, lock]), "[1]: cannot pickle '_thread.lock'"),
            (collections.OrderedDict(k=lock), "['k']: cannot pickle '_thread.lock'"),
            (
                {1: collections.defaultdict(lambda: 0)},
                "[1].default_factory: cannot pickle 'RefusedTest.",
            ),
            ([os], "[0]: cannot pickle 'module' object"),
            ([closed], "[0]: cannot pickle a closed socket"),
            ([tls], "[0]: cannot pickle 'ssl.SSLSocket' object"),
            ([asyncio.Transport()], "[0]: cannot pickle 'asyncio.transports.Transport' object"),
            ([loop], "[0]: cannot pickle 'asyncio."),
            ([loop.create_future()], "[0]: cannot pickle '"),
            ({"r": Refuser()}, "['r']: ValueError: never moved"),
            ({("long" * 30): lock}, "['longlong"),
        ]
        for value, sentence in cases:
            with self.subTest(sentence=sentence):
                self.refused(value, name + sentence)

    def test_a_graph_without_a_culprit_has_none(self):
        cycle = [
            Session(a=1),
            {"k": (1, {2, 3})},
            Slotted(1, 2),
            b"x",
            len,
            Session,
            ValueError("v"),
        ]
        cycle.append(cycle)
        self.assertIsNone(culprit({"x": cycle}, Reducers()))

    def test_nested_too_deeply(self):
        deep = []
        for _ in range(100_000):
            deep = [deep]
        self.refused(deep, "my_agent:HISTORY: nested too deeply")

    def test_a_class_that_the_new_version_lacks(self):
        self.box("x", [Session(a=1)])
        fd = memfd()
        self.addCleanup(os.close, fd)
        _dump.dump_here(dump_request(fd))
        seal(fd)
        here = globals()
        kept = here.pop("Session")
        try:
            with self.assertRaisesRegex(Refused, "load_failed: AttributeError: .*Session"):
                _receive.load_here(load_request(fd))
        finally:
            here["Session"] = kept
