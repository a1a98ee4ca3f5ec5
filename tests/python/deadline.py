"""python3 -m deadline: unittest, each test with a deadline, AET_TEST_DEADLINE_S or 120 s.

At the deadline the stacks of all threads are printed and the test ends with an error. A test that
not even an exception in the main thread ends is left to tests/run.py, which kills all of it.
"""

import faulthandler
import os
import signal
import sys
import unittest

DEADLINE_S = float(os.environ.get("AET_TEST_DEADLINE_S") or 120)


class Hangs(BaseException):
    """Not an Exception: a test that catches those has to end, too."""


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        signal.signal(signal.SIGALRM, lambda *_: self.end(test))
        signal.setitimer(signal.ITIMER_REAL, DEADLINE_S)

    def stopTest(self, test):
        signal.setitimer(signal.ITIMER_REAL, 0)
        super().stopTest(test)

    def end(self, test):
        print(f"{test.id()}: hangs, not ended after {DEADLINE_S:g} s", file=sys.stderr, flush=True)
        faulthandler.dump_traceback(sys.stderr)
        raise Hangs(f"not ended after {DEADLINE_S:g} s")


class Runner(unittest.TextTestRunner):
    resultclass = Result


if __name__ == "__main__":
    unittest.main(module=None, testRunner=Runner)
