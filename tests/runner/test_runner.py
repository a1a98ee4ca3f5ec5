"""tests/run.py: what hangs is ended and named with its stacks, and the tests after it still run."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = "build/tests/runner_fixture"
PATIENCE_S = 120.0


def environment(tests, deadline_s, **more):
    names = ":".join(f"Fixture.{name}" for name in tests)
    return {
        **os.environ,
        "GTEST_FILTER": names,
        "AET_TEST_DEADLINE_S": str(deadline_s),
        "AET_TEST_TOTAL_S": "100",
        **more,
    }


def start(command, env):
    return subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def run(*tests, deadline_s=2, **more):
    process = start(["tests/run.py", FIXTURE], environment(tests, deadline_s, **more))
    return process.communicate(timeout=PATIENCE_S)[0]


def is_alive(pid):
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def number(word, text):
    return int(re.search(rf"^{word} (\d+)$", text, re.MULTILINE)[1])


class RunnerTest(unittest.TestCase):
    def ends_with(self, output, last):
        self.assertEqual(output.splitlines()[-1], last, output)

    def test_good_ones(self):
        self.ends_with(run("First", "Last"), "2 passed, 0 failed")

    def test_failed_and_skipped_ones(self):
        output = run("First", "Fails", "IsSkipped", "Last")
        self.ends_with(output, "2 passed, 2 failed")

    def test_a_disabled_one_has_failed(self):
        output = run("First", "DISABLED_IsNeverRun", "Last")
        self.ends_with(output, "2 passed, 1 failed")
        self.assertIn("[  FAILED  ] Fixture.DISABLED_IsNeverRun: it was not run", output)

    def test_one_that_hangs(self):
        output = run("First", "HangsWithTwoThreads", "Last")
        self.ends_with(output, "2 passed, 1 failed")
        self.assertIn(
            "[  FAILED  ] Fixture.HangsWithTwoThreads: hangs, not ended after 2 s", output
        )
        self.assertEqual(len(re.findall(r"thread \d+ \(runner_fixture\) S, in ", output)), 2)
        if shutil.which("gdb") or shutil.which("eu-stack"):
            self.assertIn("HangInAThread", output)
            self.assertGreaterEqual(output.count("HangHere"), 2)

    def test_one_that_no_signal_reaches(self):
        output = run("HangsAndBlocksEverySignal", "Last")
        self.ends_with(output, "1 passed, 1 failed")
        self.assertIn("[  FAILED  ] Fixture.HangsAndBlocksEverySignal: hangs", output)

    def test_a_child_that_keeps_the_output_open(self):
        output = run("First", "LeavesAChildBehind", "Last", deadline_s=20)
        self.ends_with(output, "3 passed, 1 failed")
        child = number("child", output)
        self.assertRegex(output, rf"FAILED.*left processes behind: {child} {FIXTURE}")
        self.assertFalse(is_alive(child))

    def test_a_launcher_and_its_program(self):
        output = run("HangsAndItsServiceRuns", "Last", deadline_s=10)
        shutil.rmtree(re.search(r"^directory (/tmp/aeterna-test-\w+)$", output, re.MULTILINE)[1])
        self.ends_with(output, "1 passed, 1 failed")
        for word in ("launcher", "program"):
            pid = number(word, output)
            self.assertIn(f"\nprocess {pid}: ", output)  # its stacks
            self.assertFalse(is_alive(pid), word)

    def test_one_that_crashes_and_one_that_ends_the_process(self):
        output = run("First", "Crashes", "EndsTheProcess", "Last")
        self.ends_with(output, "2 passed, 2 failed")
        self.assertIn("FAILED  ] Fixture.Crashes: the binary ended with status 134", output)
        self.assertIn("FAILED  ] Fixture.EndsTheProcess: the binary ended with status 0", output)

    def test_one_that_prints_without_end(self):
        output = run("PrintsWithoutEnd", "Last", deadline_s=100)
        self.ends_with(output, "1 passed, 1 failed")
        self.assertIn("[  FAILED  ] Fixture.PrintsWithoutEnd: prints without end", output)

    def test_results_of_another_program_do_not_count(self):
        output = run("PrintsOthersResults", "Crashes", "Last")
        self.ends_with(output, "2 passed, 1 failed")

    def test_one_that_hangs_behind_the_last_test(self):
        output = run("Last", FIXTURE_HANGS_AT_EXIT="1")
        self.ends_with(output, "1 passed, 1 failed")
        self.assertIn(f"[  FAILED  ] {FIXTURE}: hangs, not ended after 2 s in no test", output)

    def test_the_time_of_a_binary_is_bounded_too(self):
        output = run("HangsWithTwoThreads", "Last", deadline_s=100, AET_TEST_TOTAL_S="1")
        self.ends_with(output, "0 passed, 2 failed")
        self.assertIn(f"Fixture.HangsWithTwoThreads: {FIXTURE} has used up its 1 s", output)
        self.assertIn("[  FAILED  ] Fixture.Last: it was not run", output)

    def test_what_is_no_test(self):
        for path in ("build/no_such_binary", "/bin/false"):
            process = start(["tests/run.py", path], dict(os.environ))
            self.ends_with(process.communicate(timeout=PATIENCE_S)[0], "0 passed, 1 failed")

    def test_it_takes_all_along_when_it_is_ended(self):
        for by in (signal.SIGTERM, signal.SIGKILL):
            env = environment(["HangsAndBlocksEverySignal"], 100)
            process = start(["tests/run.py", FIXTURE], env)
            test = self.wait_for_child(process.pid)
            process.send_signal(by)
            process.communicate(timeout=PATIENCE_S)
            end = time.monotonic() + PATIENCE_S
            while is_alive(test):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)

    def wait_for_child(self, pid):
        """A process that runs the test: the one that lists the tests has ended by then."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                words = Path(f"/proc/{word}/cmdline").read_text().split("\0")
                blocked = re.search(r"SigBlk:\s+(\w+)", Path(f"/proc/{word}/status").read_text())
                if words[0] == FIXTURE and int(blocked[1], 16):
                    return int(word)
            time.sleep(0.01)
        self.fail("no test runs")


class ScriptTest(unittest.TestCase):
    def run_script(self, text):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "it.sh"
            path.write_text(f"#!/bin/sh\n{text}")
            path.chmod(0o755)
            env = {**os.environ, "AET_TEST_TOTAL_S": "2"}
            return start(["tests/run.py", str(path)], env).communicate(timeout=PATIENCE_S)[0]

    def test_what_it_says_counts(self):
        said = "echo '[  PASSED  ] 3 tests.'; echo '[  FAILED  ] 2 tests'; exit 1"
        self.assertIn("\n3 passed, 2 failed\n", self.run_script(said))
        self.assertIn(
            "\n3 passed, 1 failed\n", self.run_script("echo '[  PASSED  ] 3 tests.'; exit 1")
        )
        self.assertIn("\n0 passed, 1 failed\n", self.run_script("exit 0"))

    def test_it_hangs(self):
        output = self.run_script("mkfifo $0.pipe; cat $0.pipe")
        self.assertRegex(output, r"it\.sh has used up its 2 s")
        self.assertRegex(output, r"process \d+: cat ")
        self.assertIn("\n0 passed, 1 failed\n", output)


class PythonDeadlineTest(unittest.TestCase):
    def test_the_tests_after_it_still_run(self):
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "test_it.py").write_text(
                "import threading, unittest\n"
                "class T(unittest.TestCase):\n"
                "    def test_a(self):\n"
                "        threading.Event().wait()\n"
                "    def test_b(self):\n"
                "        pass\n"
            )
            done = subprocess.run(
                ["/usr/bin/python3", "-m", "deadline", "discover", "-s", directory],
                env={**os.environ, "AET_TEST_DEADLINE_S": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE_S,
            )
        self.assertIn("test_it.T.test_a", done.stdout)
        self.assertIn("in test_a", done.stdout)  # where it stands
        self.assertIn("FAILED (errors=1)", done.stdout)
        self.assertIn("Ran 2 tests", done.stdout)


if __name__ == "__main__":
    unittest.main()
