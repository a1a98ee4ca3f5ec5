"""The container: written byte for byte as ever, refused with the right word when damaged."""

import os
import socket
import struct
import threading
from unittest import mock

from aeterna import _carrier
from aeterna._carrier import read_pipe, read_shm, write_pipe, write_shm
from aeterna._checksum import checksum, crc32c
from aeterna._format import BUFFER, FILE, HANDLE, JSON, PICKLE, SOCKET, Row
from aeterna._reader import Expected, check
from aeterna._refusal import Refused
from aeterna._writer import Section
from support import EXPECTED, ORIGIN, ROOT, RUN_ID, StateTest, memfd, memory, seal

GOLDEN = ROOT / "tests/golden/state-1.bin"
# {"history": (1, [1, 2])} by protocol 5, as CPython 3.11 writes it.
PICKLED = bytes.fromhex(
    "8005951a000000000000007d948c07686973746f7279944b015d94284b014b02658694732e"
)


def sections():
    return [
        Section(Row(JSON, 0, 0, "config", schema=2), (b'{"model":"small"}',)),
        Section(Row(PICKLE, 0, 0, "python"), (PICKLED[:10], bytearray(PICKLED[10:]))),
        Section(Row(BUFFER, 0, 0, owner=2), (bytes(range(200)),)),
        Section(Row(SOCKET, 0, 0, flags=1, owner=2)),
        Section(Row(HANDLE, 1, 0, flags=1)),
    ]


def resealed(container, at, value):
    """The container with other bytes in its prefix or commit record, checksums corrected."""
    changed = bytearray(container)
    changed[at : at + len(value)] = value
    struct.pack_into("<I", changed, 0xFC, crc32c(bytes(changed[:0xFC])))
    struct.pack_into("<I", changed, 0xFFC, crc32c(bytes(changed[0xFC0:0xFFC])))
    return changed


def with_row(container, index, at, value):
    """The container with other bytes in a row, all checksums corrected."""
    changed = bytearray(container)
    (toc,) = struct.unpack_from("<Q", changed, 0x58)
    (count,) = struct.unpack_from("<I", changed, 0x60)
    row = toc + index * 128
    changed[row + at : row + at + len(value)] = value
    struct.pack_into("<I", changed, row + 124, crc32c(bytes(changed[row : row + 124])))
    table = crc32c(bytes(changed[toc : toc + count * 128]))
    return resealed(changed, 0xFD8, struct.pack("<I", table))


class GoldenTest(StateTest):
    def test_written_as_ever(self):
        self.assertEqual(bytes(memory(sections())), GOLDEN.read_bytes())

    def test_read_as_ever(self):
        golden = GOLDEN.read_bytes()
        container = check(memoryview(golden), len(golden), EXPECTED, (3, 4))
        self.assertEqual(container.origin, ORIGIN)
        kinds = [row.kind for row in container.rows]
        self.assertEqual(kinds, [JSON, PICKLE, BUFFER, SOCKET, HANDLE])
        self.assertEqual(bytes(container.body(container.rows[0])), b'{"model":"small"}')
        self.assertEqual(bytes(container.body(container.rows[1])), PICKLED)
        owned = list(container.owned_by(container.rows[1]))
        self.assertEqual([row.kind for row in owned], [BUFFER, SOCKET])
        self.assertEqual(bytes(container.body(owned[0])), bytes(range(200)))
        self.assertEqual(container.rows[0].schema, 2)


class DamageTest(StateTest):
    def setUp(self):
        super().setUp()
        self.container = memory(sections())

    def refused(self, container, sentence, fds=(3, 4), expected=EXPECTED):
        with self.assertRaises(Refused) as caught:
            check(memoryview(container), len(container), expected, fds)
        self.assertEqual(caught.exception.word, "state_corrupt")
        self.assertIn(sentence, caught.exception.sentence)

    def flipped(self, at):
        changed = bytearray(self.container)
        changed[at] ^= 0x10
        return changed

    def rows(self):
        view = memoryview(self.container)
        return check(view, len(view), EXPECTED, (3, 4)).rows

    def test_a_flipped_byte_anywhere(self):
        (toc,) = struct.unpack_from("<Q", self.container, 0x58)
        places = {0x00: "begin", 0x08: "format", 0x10: "features", 0x20: "byte order"}
        for at, sentence in places.items():
            self.refused(self.flipped(at), sentence)
        for at in (0x18, 0x24, 0x28, 0x38, 0x40, 0x50, 0x58, 0x60, 0x64, 0x9F, 0xA0, 0xFC):
            self.refused(self.flipped(at), "the checksum of its header")
        for at in (0xFC0, 0xFC8, 0xFD0, 0xFD8, 0xFDC, 0xFE0, 0xFFC, 0xFFF):
            self.refused(self.flipped(at), "the checksum of its commit record")
        for at in range(toc, len(self.container), 31):
            self.refused(self.flipped(at), "the checksum of its table of contents")

    def test_a_flipped_byte_in_each_section(self):
        names = {JSON: "JSON 'config'", PICKLE: "PICKLE 'python'", BUFFER: "part of PICKLE"}
        for row in self.rows():
            if row.kind in names:
                for at in (row.off, row.off + row.length - 1):
                    self.refused(self.flipped(at), f"the checksum of {names[row.kind]}")

    def test_what_the_launcher_says_counts(self):
        self.refused(self.container, "another launcher", expected=Expected(bytes(16), 7))
        self.refused(self.container, "generation 7", expected=Expected(RUN_ID, 8))

    def test_the_commit_record(self):
        for state in (0, 1, 3):
            self.refused(resealed(self.container, 0xFC0, struct.pack("<Q", state)), "to its end")
        self.refused(resealed(self.container, 0xFC8, struct.pack("<Q", 8)), "another header")
        self.refused(resealed(self.container, 0xFD0, struct.pack("<Q", 1)), "another header")
        self.refused(resealed(self.container, 0xFDC, struct.pack("<I", 2)), "kind 2")

    def test_truncated(self):
        for length in (0, 100, 4095):
            self.refused(self.container[:length], "less than a header")
        for length in (4096, len(self.container) - 1):
            self.refused(self.container[:length], f"{length} bytes of")

    def test_the_table(self):
        over = struct.pack("<I", 16385)
        self.refused(resealed(self.container, 0x60, over), "wrong size")
        self.refused(resealed(self.container, 0x64, struct.pack("<I", 64)), "wrong size")
        for off in (0, 4095, 2**63, len(self.container)):
            self.refused(resealed(self.container, 0x58, struct.pack("<Q", off)), "lies outside")

    def test_the_rows(self):
        word, long = struct.Struct("<I").pack, struct.Struct("<Q").pack
        pickled = self.rows()[1]
        cases = [
            (0, 0x00, word(9), "unknown type"),
            (0, 0x04, word(1), "unknown flags"),
            (3, 0x04, word(3), "unknown flags"),
            (0, 0x08, long(0), "over another section"),
            (0, 0x08, long(pickled.off), "over another section"),
            (0, 0x10, long(2**62), "over another section"),
            (0, 0x08, long(2**64 - 8), "over another section"),
            (0, 0x18, word(13), "not aligned"),
            (2, 0x18, word(12), "not aligned"),
            (0, 0x24, word(2), "cannot belong"),
            (2, 0x24, word(0), "has no name"),
            (2, 0x24, word(1), "belongs to no section"),
            (3, 0x24, word(1), "belongs to no section"),
            (2, 0x24, word(6), "belongs to no section"),
            (0, 0x28, bytes(80), "has no name"),
            (0, 0x28, b"x" * 80, "is no name"),
            (0, 0x28, b"\xff\0", "is no name"),
            (0, 0x28, b"python\0", "the same name"),
            (3, 0x08, long(2), "descriptor 2"),
            (3, 0x10, long(2), "descriptor 2"),
            (3, 0x10, long(2**64 - 1), "descriptor 18446744073709551615"),
        ]
        for index, at, value, sentence in cases:
            with self.subTest(row=index, at=hex(at), sentence=sentence):
                self.refused(with_row(self.container, index, at, value), sentence)

    def test_a_buffer_and_a_socket_of_their_own(self):
        """As hooks in C have them: whole, and named like any other section."""
        own = with_row(self.container, 3, 0x24, bytes(4))
        own = with_row(own, 2, 0x24, bytes(4) + b"hook\0")
        rows = check(memoryview(own), len(own), EXPECTED, (3, 4)).rows
        self.assertEqual([row.owner for row in rows], [0] * 5)
        self.refused(with_row(own, 2, 0x28, b"config\0"), "the same name")
        (row,) = [row for row in rows if row.name == "hook"]
        own[row.off] ^= 1
        self.refused(own, "the checksum of BUFFER 'hook'")

    def test_a_row_whose_own_checksum_is_wrong(self):
        changed = with_row(self.container, 0, 0x20, b"")
        (toc,) = struct.unpack_from("<Q", changed, 0x58)
        changed[toc + 124] ^= 1
        table = struct.pack("<I", crc32c(bytes(changed[toc : toc + 5 * 128])))
        self.refused(resealed(changed, 0xFD8, table), "the checksum of row 0")


class FileTest(StateTest):
    def checked(self, row, content):
        container = memory([Section(row)])
        fd = memfd(content)
        self.addCleanup(os.close, fd)
        return check(memoryview(container), len(container), EXPECTED, (fd,))

    def test_a_descriptor_with_a_file_of_its_own(self):
        content = b"what a hook wrote" * 100
        row = Row(FILE, 0, len(content), "hook", checksum=checksum(memoryview(content)))
        self.assertEqual(self.checked(row, content).rows[0].name, "hook")
        self.checked(Row(FILE, 0, 0, "hook"), b"")
        with self.assertRaisesRegex(Refused, "state_corrupt: FILE 'hook' has another length"):
            self.checked(row, content[:-1])
        with self.assertRaisesRegex(Refused, "state_corrupt: the checksum of FILE 'hook' is wrong"):
            self.checked(row, b"W" + content[1:])


class CarrierTest(StateTest):
    def test_a_memfd_that_is_too_short_and_one_that_is_too_long(self):
        for size in (0, 1 << 20):
            fd = memfd()
            os.ftruncate(fd, size)
            total = write_shm(fd, size, sections(), ORIGIN)
            self.assertEqual(os.fstat(fd).st_size, max(size, total))
            seal(fd)
            before = sorted(os.listdir("/proc/self/fd"))
            container = read_shm(fd, EXPECTED, (3, 4))
            self.assertEqual(sorted(os.listdir("/proc/self/fd")), before)
            self.assertEqual(bytes(container.body(container.rows[1])), PICKLED)
            container.memory[4096] = 0  # copy-on-write
            os.close(fd)

    def test_what_can_still_change_is_refused(self):
        fd = memfd(memory(sections()))
        self.addCleanup(os.close, fd)
        with self.assertRaisesRegex(Refused, "state_corrupt: it is not sealed"):
            read_shm(fd, EXPECTED, (3, 4))
        empty = memfd()
        self.addCleanup(os.close, empty)
        seal(empty)
        with self.assertRaisesRegex(Refused, "state_corrupt: it has 0 bytes"):
            read_shm(empty, EXPECTED, (3, 4))

    def test_a_stream_that_is_slow_and_does_not_block(self):
        here, there = socket.socketpair()
        self.addCleanup(here.close)
        self.addCleanup(there.close)
        here.setblocking(False)
        there.setblocking(False)
        body = os.urandom(3 << 20)
        large = [Section(Row(PICKLE, 0, 0, "python"), (body,))]
        writer = threading.Thread(target=write_pipe, args=(here.fileno(), large, ORIGIN))
        writer.start()
        container = read_pipe(there.fileno(), EXPECTED, ())
        writer.join()
        self.assertEqual(bytes(container.body(container.rows[0])), body)

    def test_torn_streams(self):
        container = memory(sections())
        for length in (0, 1, 4095, 4096, 4097, len(container) - 1):
            here, there = socket.socketpair()
            with here, there:
                here.sendall(container[:length])
                here.close()
                with self.assertRaisesRegex(Refused, "state_corrupt: (the stream ended|it has)"):
                    read_pipe(there.fileno(), EXPECTED, (3, 4))

    def test_a_stream_that_lies_about_its_length(self):
        changed = memory(sections())
        for at in (0x50, 0xFD0):
            changed = resealed(changed, at, struct.pack("<Q", 1 << 50))
        here, there = socket.socketpair()
        with here, there:
            here.sendall(changed)
            with self.assertRaisesRegex(Refused, "cannot have come through a pipe"):
                read_pipe(there.fileno(), EXPECTED, (3, 4))

    def test_exactly_the_most_travels_and_more_does_not(self):
        """Of a container, with its header and a table of one row. Less than 64 MiB here: the
        processor's checksum is the library's.
        """
        self.assertEqual(_carrier.PIPE_LIMIT, 64 << 20)
        most_bytes = 1 << 20
        limit = mock.patch.object(_carrier, "PIPE_LIMIT", most_bytes)
        limit.start()
        self.addCleanup(limit.stop)
        body = bytes(most_bytes - 4096 - 128)
        here, there = socket.socketpair()
        with here, there:
            most = [Section(Row(PICKLE, 0, 0, "python"), (body,))]

            def write():
                with here:
                    write_pipe(here.fileno(), most, ORIGIN)

            writer = threading.Thread(target=write)
            writer.start()
            container = read_pipe(there.fileno(), EXPECTED, ())
            writer.join()
            self.assertEqual(len(container.memory), most_bytes)
            self.assertEqual(container.rows[0].length, len(body))
        more = [Section(Row(PICKLE, 0, 0, "python"), (body, b"x"))]
        with self.assertRaisesRegex(Refused, "state_too_large: .* shm"):
            write_pipe(-1, more, ORIGIN)
