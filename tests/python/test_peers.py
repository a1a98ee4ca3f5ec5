"""The comparison's arithmetic: what became of the state, which connections are left, the bound."""

import dataclasses
import json
import sys
import tempfile
import unittest
from pathlib import Path

from support import ROOT

sys.path.insert(0, str(ROOT / "bench"))

from benchmark import compare  # noqa: E402
from benchmark.peers import METHODS, bound, row, state  # noqa: E402
from benchmark.peers.connections import established  # noqa: E402
from benchmark.peers.method import Unavailable  # noqa: E402
from benchmark.peers.plan import Scenario, quick  # noqa: E402
from benchmark.peers.state import Look  # noqa: E402
from benchmark.peers.trial import Trial  # noqa: E402

METHOD = {method.name: method for method in METHODS}
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 70 1
   1: 0100007F:A001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 71 1
   2: 0100007F:1F90 0100007F:A001 01 00000000:00000000 00:00000000 00000000     0        0 72 1
   3: 0200007F:A001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 73 1
   4: 0100007F:A002 0100007F:1F90 08 00000000:00000000 00:00000000 00000000     0        0 74 1
   5: 0100007F:A003 0100007F:1F91 01 00000000:00000000 00:00000000 00000000     0        0 75 1
"""


def trial(number=1, gap_ms=10.0, failed=None, latencies_ms=(1.0, 2.0, 3.0), **more):
    fields = {
        "number": number,
        "raw": "x.csv",
        "quiet": (0, 10),
        "window": (10, 20),
        "done_ns": 15,
        "ready_ms": 7.0,
        "gap_ms": gap_ms,
        "gap_from_ns": 11,
        "quiet_gap_ms": 4.0,
        "failed": failed or {},
        "failed_outside": {},
        "requests": 100,
        "lost": 3,
        "closed": {},
        "clients": 200,
        "state": "lost",
        "before_mib": 10.0,
        "peak_mib": 20.0,
        "account": {},
        "latencies_ms": list(latencies_ms),
    }
    return Trial(**{**fields, **more})


def filled(name, scenario, *gaps_ms, **more):
    trials = [trial(number, gap_ms, **more) for number, gap_ms in enumerate(gaps_ms)]
    return row.fill(row.empty(METHOD[name], "1.0", scenario), trials)


class StateVerdict(unittest.TestCase):
    def test_the_count_has_grown_by_what_was_answered(self):
        # 100 good answers and 5 failures in between, and 3 of our own visits.
        for count, says in (
            (202, "kept, 1 updates lost"),
            (203, "kept"),
            (208, "kept"),
            (209, "kept, 1 too many"),
        ):
            found = state.verdict(Look({"a": 100}, 12), Look({"a": count}, 15), 100, 105)
            self.assertEqual(found, says)

    def test_another_name_is_another_state(self):
        before = Look({"a": 100, "b": 90}, 12)
        self.assertEqual(state.verdict(before, Look({"c": 900}, 15), 1, 1), "lost")
        self.assertEqual(state.verdict(before, Look({"a": 900, "c": 1}, 15), 1, 1), "kept in part")
        self.assertEqual(state.verdict(before, Look({}, 15), 1, 1), "not seen")

    def test_a_static_answer_has_none(self):
        self.assertEqual(state.verdict(Look({"-": 0}, 1), Look({"-": 0}, 2), 1, 1), "none")


class Connections(unittest.TestCase):
    def test_only_clients_of_the_port_that_are_connected(self):
        self.assertEqual(established(0x1F90, TCP), {"71", "73"})


class Rows(unittest.TestCase):
    def test_failures_are_summed_and_the_rest_are_medians(self):
        one = row.fill(
            row.empty(METHOD["restart"], "3.11", Scenario()),
            [
                trial(1, 30, {"new refused": 2, "keepalive late": 1}, [1, 9], lost=1),
                trial(2, 14, {"new refused": 5}, [2, 3], lost=5),
                trial(3, 24, {}, [4, 5], lost=4),
            ],
        )
        self.assertEqual(one.failed, {"new refused": 7, "keepalive late": 1})
        self.assertEqual((one.requests, one.lost, one.lost_most), (300, 4, 5))
        self.assertEqual((one.gap_ms, one.pause_ms, one.latency_ms["max"]), (24, 20, 9))
        self.assertIn("8 of 300 (keepalive late 1, new refused 7)", one.line())

    def test_clients_that_stood_still_are_named(self):
        for stood_ms, said in ((249.0, False), (1500.0, True)):
            found = filled("restart", Scenario(), 5, stood_ms=stood_ms)
            for line in (found.line(), found.short_line()):
                self.assertEqual("clients stood still for 1500 ms" in line, said, line)

    def test_every_line_has_the_headings_cells(self):
        lines = [
            filled("restart", Scenario(), 10).line(),
            row.empty(METHOD["einhorn"], "", Scenario(), "not available: no gem").line(),
        ]
        for line in lines:
            self.assertEqual(line.count("|"), row.HEADING.splitlines()[0].count("|"))
        short = filled("aeterna-nginx", Scenario(), 10, alone_ms=6.0)
        self.assertIn("7 (alone 6)", short.line())
        self.assertEqual({line.count("|") for line in row.short_table([short]).splitlines()}, {10})

    def test_json_is_without_the_single_latencies(self):
        record = filled("restart", Scenario(start_s=2), 10).record()
        self.assertNotIn("latencies_ms", record["trials"][0])
        self.assertEqual(json.loads(json.dumps(record))["start_s"], 2)


class Bound(unittest.TestCase):
    def verdict(self, own_ms, *others):
        rows = [filled("aeterna-gunicorn", Scenario(), own_ms), *others]
        (found,) = bound.verdicts(rows)
        return found

    def test_a_fifth_of_the_best_peer(self):
        # Pauses are 4 ms less than the gaps: the quiet one.
        peers = [filled("gunicorn-hup", Scenario(), 104), filled("gunicorn-usr2", Scenario(), 54)]
        self.assertTrue(self.verdict(14, *peers).met)
        found = self.verdict(14.1, *peers)
        self.assertEqual((found.met, found.best, found.best_ms), (False, "gunicorn-usr2", 50))

    def test_two_milliseconds_are_enough(self):
        self.assertTrue(self.verdict(6, filled("gunicorn-hup", Scenario(), 4)).met)
        self.assertFalse(self.verdict(6.1, filled("gunicorn-hup", Scenario(), 4)).met)

    def test_others_do_not_count(self):
        found = self.verdict(
            100,
            filled("restart", Scenario(), 5000),  # another program
            filled("gunicorn-hup", Scenario(start_s=2), 5000),  # another scenario
            dataclasses.replace(filled("gunicorn-hup", Scenario(), 5000), workers=2),
            row.empty(METHOD["gunicorn-usr2"], "", Scenario(), "failed: x"),
        )
        self.assertEqual((found.met, found.best), (False, ""))


class Missing(unittest.TestCase):
    def test_a_mandatory_method_ends_it_before_it_starts(self):
        class Needed(METHOD["einhorn"]):
            name = "needed"
            mandatory = True

        with self.assertRaisesRegex(compare.Incomplete, "needed: a Ruby gem"):
            compare.versions([METHOD["einhorn"], Needed])

    def test_another_one_has_a_row_that_says_why(self):
        with self.assertRaises(Unavailable):
            METHOD["einhorn"].version()
        with tempfile.TemporaryDirectory() as out:
            (found,) = compare.measure(quick(), Path(out), ["einhorn"])
        self.assertFalse(found.error)
        self.assertIn("not available: a Ruby gem", found.line())

    def test_an_arena_without_a_state_has_a_row_that_says_why(self):
        with tempfile.TemporaryDirectory() as out:
            (found,) = compare.measure(quick(), Path(out), ["aeterna-arena"])
        self.assertFalse(found.error)
        self.assertIn("does not apply", found.line())

    def test_the_mandatory_ones(self):
        always = {"restart", "gunicorn-hup", "gunicorn-usr2", "uwsgi-chain", "server-starter"}
        always |= {"nginx-usr2", "haproxy-reload"}
        self.assertLessEqual(always, {method.name for method in METHODS if method.mandatory})
