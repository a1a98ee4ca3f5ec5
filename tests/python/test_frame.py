"""What the measuring commands share: turns, the machine's load around a part, an end by TERM."""

import os
import signal
import subprocess
import sys
import unittest
from unittest import mock

from measure import frame


class FrameTest(unittest.TestCase):
    def test_everyone_is_first_middle_and_last_in_turn(self):
        order = []
        measures = [lambda name=name: order.append(name) or name for name in "abc"]
        told = []
        self.assertEqual(frame.in_turn(3, measures, told.append), [["a"] * 3, ["b"] * 3, ["c"] * 3])
        self.assertEqual("".join(order), "abcbcacab")
        self.assertEqual(told, [1, 2, 3])

    def test_a_part_knows_the_load_before_and_after(self):
        with mock.patch("measure.machine.load", side_effect=[0.5, 0.75]):
            self.assertEqual(frame.part("it", lambda: [1]), ([1], (0.5, 0.75)))

    def test_term_ends_it_by_way_of_the_with_blocks(self):
        program = (
            "import time\n"
            "from measure import frame\n"
            "class It(frame.Held):\n"
            "    def __enter__(self):\n"
            "        pass\n"
            "    def close(self):\n"
            "        print('closed', flush=True)\n"
            "def main():\n"
            "    with It():\n"
            "        print('begun', flush=True)\n"
            "        time.sleep(100)\n"
            "frame.command(main)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
        ) as process:
            self.assertEqual(process.stdout.readline(), "begun\n")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.stdout.read(), "closed\n")
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
