"""CRC-32C by tables, and by the library's routine: the same numbers."""

import os

from aeterna import _checksum
from aeterna._checksum import LEAF, checksum, copy, crc32c
from support import ROOT, Programs, StateTest

FAKE = ROOT / "build/tests/python/libfake.so"


class ChecksumTest(StateTest):
    def test_known_values(self):
        """RFC 3720, B.4."""
        self.assertEqual(crc32c(bytes(32)), 0x8A9136AA)
        self.assertEqual(crc32c(b"\xff" * 32), 0x62A8AB43)
        self.assertEqual(crc32c(bytes(range(32))), 0x46DD794E)
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)
        self.assertEqual(crc32c(b""), 0)

    def test_long_ones_by_the_wide_tables(self):
        data = os.urandom(10_003)
        crc = 0xFFFFFFFF
        for byte in data:
            crc = _checksum.byte_tables()[0][(crc ^ byte) & 0xFF] ^ (crc >> 8)
        self.assertEqual(crc32c(data), crc ^ 0xFFFFFFFF)

    def test_leaves(self):
        data = os.urandom(2 * LEAF + 5)
        leaves = b"".join(
            crc32c(data[at : at + LEAF]).to_bytes(4, "little") for at in range(0, len(data), LEAF)
        )
        self.assertEqual(checksum(memoryview(data)), crc32c(leaves))
        target = bytearray(len(data))
        self.assertEqual(copy(memoryview(target), memoryview(data)), crc32c(leaves))
        self.assertEqual(target, data)
        self.assertEqual(checksum(memoryview(b"")), 0)

    def test_the_library_in_two_threads(self):
        """Once under the library's stand-in, once without: over 8 MiB, not a whole leaf."""
        programs = Programs(self)
        program = programs.write(
            "sums.py",
            """
            import random, sys
            from aeterna import _checksum as c
            data = random.Random(1).randbytes(int(sys.argv[1]))
            target = bytearray(len(data))
            print(c.copy(memoryview(target), memoryview(data)), c.checksum(memoryview(data)))
            assert target == data
            print(c.routine is not None, file=sys.stderr)
            """,
        )
        for length in (9, LEAF, (8 << 20) + 1, (9 << 20) + 77):
            slow = programs.run(program, length)
            fast = programs.run(program, length, preload=str(FAKE))
            self.assertEqual((slow.stderr, fast.stderr), ("False\n", "True\n"))
            self.assertEqual(slow.stdout, fast.stdout)
