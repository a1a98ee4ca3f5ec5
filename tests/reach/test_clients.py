"""Does the load of `make test-reach` count what fails, hangs and is lost?"""

import contextlib
import socket
import threading
import unittest

from . import wire
from .clients import Crowd
from .row import Row
from .rows import ROWS
from .talk import Http

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"


class Server:
    """Answers until it is told to do something else with the connections it has."""

    def __init__(self, test):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._kept = []
        self._silent = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        test.addCleanup(self.refuse)
        test.addCleanup(self.cut)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._kept.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            while connection.recv(4096):
                if not self._silent.is_set():
                    connection.sendall(ANSWER)

    def refuse(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self):
        for connection in self._kept:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def fall_silent(self):
        self._silent.set()


class ClientsTest(unittest.TestCase):
    def setUp(self):
        self.server = Server(self)

    def crowd(self, new, kept, may_end=False):
        return Crowd(Http(), self.server.address, new, kept, may_end)

    def test_a_good_server_has_no_troubles(self):
        with self.crowd(True, 2) as crowd:
            crowd.after_swap()
        self.assertEqual(crowd.tally.says(), "")
        self.assertGreater(crowd.tally.answered, 20)

    def test_a_kept_connection_that_is_closed_is_lost_or_failed(self):
        with self.crowd(False, 2) as crowd:
            self.server.cut()
            crowd.after_swap()
        troubles = crowd.tally.troubles
        self.assertEqual(troubles[wire.LOST] + troubles[wire.FAILED], 4)

    def test_what_may_end_is_no_trouble(self):
        with self.crowd(False, 2, may_end=True) as crowd:
            self.server.cut()
            crowd.after_swap()
        self.assertEqual(crowd.tally.says(), "")
        self.assertEqual(crowd.tally.ended, 4)

    def test_a_server_that_is_gone_fails_new_clients(self):
        with self.crowd(True, 0) as crowd:
            self.server.refuse()
            crowd.after_swap()
        self.assertGreater(crowd.tally.troubles[wire.FAILED], 0)

    def test_an_answer_that_does_not_come_hangs(self):
        patience, wire.PATIENCE_S = wire.PATIENCE_S, 0.3
        self.addCleanup(setattr, wire, "PATIENCE_S", patience)
        with self.crowd(False, 2) as crowd:
            self.server.fall_silent()
            crowd.after_swap()
        self.assertEqual(crowd.tally.troubles[wire.HANGING], 4)


class RowsTest(unittest.TestCase):
    def test_names_are_of_one_row_each(self):
        names = [row.name for row in ROWS]
        self.assertEqual(sorted(set(names)), sorted(names))

    def test_each_row_has_a_bad_version(self):
        def lacks(row: Row):
            return not row.bad and not row.bad_command

        self.assertEqual([row.name for row in ROWS if lacks(row)], [])


if __name__ == "__main__":
    unittest.main()
