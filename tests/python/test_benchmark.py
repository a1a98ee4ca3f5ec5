"""What the benchmark says about what it measured: verdicts, the report, the data of pictures."""

import dataclasses
import json
import re
import tempfile
import types
import unittest
from pathlib import Path
from xml.etree import ElementTree

from benchmark import cold, others, plot, report, state, steady, svg, verdict
from benchmark.digest import digest, lines
from benchmark.floor import Floor
from benchmark.observe import Observed, Seen
from benchmark.peers.row import Row
from benchmark.plan import GIB, MIB, Plan, quick
from benchmark.report import Part
from benchmark.verdict import Verdict
from measure.figure import Figure


def seen(**values):
    fields = {field.name: 1.0 for field in dataclasses.fields(Seen)}
    return Seen(**{**fields, "timeline": [(0.0, 1.0)], **values})


def observed(failed=0, **values):
    failures = {"late": failed} if failed else {}
    return Observed(seen(pause_ms=99.0), [seen(**values) for _ in range(3)], failures, 100)


def row(kind, size, memcpy_ms, **values):
    floor = Floor(size, [memcpy_ms * 20], [memcpy_ms] * 5, [memcpy_ms / 2] * 5)
    return state.Row("it", kind, size, "shm", 40, floor, observed(**values))


def met(one, word):
    return [v.met for v in state.verdicts([one]) if word in v.name]


class VerdictTest(unittest.TestCase):
    def test_at_the_bound(self):
        self.assertTrue(Verdict("it", "ms", 5.0, 5.0).met)
        self.assertFalse(Verdict("it", "ms", 5.001, 5.0).met)

    def test_a_miss_says_by_how_much(self):
        self.assertEqual(Verdict("it", "ms", 12.0, 5.0).text, "**missed**, 2.40 times the bound")

    def test_noise_is_said_and_changes_nothing(self):
        noisy = Verdict("it", "ms", 6.0, 5.0, 1.5)
        self.assertEqual(noisy.text, "**missed**, 1.20 times the bound; too noisy to tell")
        self.assertFalse(noisy.met)
        self.assertFalse(Verdict("it", "ms", 6.0, 5.0, 0.5).too_noisy)
        self.assertFalse(Verdict("it", "", 0.0, 0.0, 0.0).too_noisy)

    def test_what_may_not_happen(self):
        self.assertTrue(verdict.broken("it", 0).met)
        self.assertFalse(verdict.broken("it", 1).met)


class StateTest(unittest.TestCase):
    def test_bounds_of_the_pause(self):
        for kind, size, memcpy, most in (
            ("chat", state.KB50, 0.001, 5.0),
            ("vector", 100 * MIB, 10.0, 35.0),
            ("vector", GIB, 100.0, 200.0),
            ("arena", GIB, 100.0, 10.0),
            ("arena", 4 * GIB, 400.0, 10.0),
        ):
            with self.subTest(kind=kind, size=size):
                self.assertEqual(met(row(kind, size, memcpy, pause_ms=most), "pause"), [True])
                self.assertEqual(
                    met(row(kind, size, memcpy, pause_ms=most + 0.1), "pause"), [False]
                )

    def test_ready_is_compared_with_the_own_start(self):
        late = row("chat", state.KB50, 0.001, ready_ms=105.1, alone_ms=100.0)
        self.assertEqual(met(late, "ready"), [False])
        self.assertEqual(met(dataclasses.replace(late, observed=observed()), "ready"), [True])

    def test_failures_and_lost_state_are_misses(self):
        good = row("chat", state.KB50, 0.001)
        self.assertEqual(met(good, "failed") + met(good, "not as it was"), [True, True])
        bad = dataclasses.replace(good, observed=observed(failed=1), state_wrong=1)
        self.assertEqual(met(bad, "failed") + met(bad, "not as it was"), [False, False])
        undone = state.Row("it", "chat", 1, "pipe", None, refused="the swap was undone: busy")
        self.assertEqual(met(undone, "undone"), [False])

    def test_an_arena_has_to_stay_flat(self):
        rising = row("arena", GIB, 100.0)
        rising.observed.swaps = [seen(pause_ms=float(n)) for n in range(1, 10)]
        self.assertEqual(met(rising, "first three"), [False])
        rows = [row("arena", GIB, 100.0, pause_ms=1.0), row("arena", 4 * GIB, 400.0, pause_ms=2.5)]
        self.assertFalse(state.verdicts(rows)[-1].met)

    def test_the_table_has_as_many_cells_in_every_row(self):
        starts = cold.Cold([{"read": 2.0, "whole": 3.0}], [{"read": 9.0, "whole": 10.0}])
        full = dataclasses.replace(row("vector", GIB, 100.0), cold=starts)
        refused = state.Row("it", "arena", 4 * GIB, "shm", None, refused="not measured: 3 GiB")
        table = state.section([full, refused]).split("\n\n")[0].splitlines()
        self.assertEqual({line.count("|") for line in table}, {15})
        self.assertEqual(len(table), 6)
        self.assertIn("not measured", table[3])
        self.assertIn("read 9.0", table[5])


class SteadyTest(unittest.TestCase):
    def test_the_start_has_a_bound_here(self):
        start = Figure(steady.START_NAME, "us", 301.0, 0, 0, 1.0, 10, None)
        other = Figure("launcher, text", "bytes", 3e5, 0, 0, None, 1, None)
        self.assertEqual([v.met for v in steady.verdicts([start, other])], [False])

    def test_absolute_values(self):
        calls = {"alone": {"read": 1.0, "write": 2.0}, "again": {"read": 3.0}, "launched": {"x": 4}}
        figure = Figure("system calls more for a request", "", 0, 0, 0, 0, 1, 0, detail=calls)
        self.assertIn("| system calls for a request | 3.0 | 3.0 | 4.0 |", steady.section([figure]))


class ReportTest(unittest.TestCase):
    def test_the_place_in_the_readme(self):
        text = f"a\n{report.MARKS[0]}\nold\n{report.MARKS[1]}\nb\n"
        once = report.replaced(text, "new")
        self.assertEqual(report.replaced(once, "new"), once)
        self.assertNotIn("old", once)
        self.assertTrue(once.startswith("a\n") and once.endswith("\nb\n"))
        with self.assertRaises(RuntimeError):
            report.replaced("a\nb\n", "new")
        self.assertEqual([report.README.read_text().count(mark) for mark in report.MARKS], [1, 1])

    def test_files(self):
        verdicts = [Verdict("late", "ms", 2, 1), Verdict("fine", "ms", 1, 1)]
        part = Part("state", [row("chat", state.KB50, 0.001)], "TABLE", verdicts, (0.1, 0.2))
        with tempfile.TemporaryDirectory() as directory:
            plan = Plan(out=Path(directory), raw=Path(directory) / "raw")
            text = report.write([part], {**report.machine(), "commit": "x"}, plan)
            record = json.loads((plan.out / "results.json").read_text())
            everything = json.loads((plan.raw / "results.json").read_text())
        self.assertIn("1 of 2 bounds are missed: late.", text)
        met = [Verdict(**one).met for one in record["parts"]["state"]["verdicts"]]
        self.assertEqual(met, [False, True])
        (kept,), (whole,) = (one["parts"]["state"]["rows"] for one in (record, everything))
        self.assertEqual(kept["observed"]["swaps"]["pause_ms"], [1.0, 1.0, 1.0])
        self.assertEqual([one["pause_ms"] for one in whole["observed"]["swaps"]], [1.0, 1.0, 1.0])
        self.assertNotIn("timeline", json.dumps(record))

    def test_a_busy_machine_is_said(self):
        about = {"processors": 2}
        quiet, busy = (Part("it", [], "", [], (load, 0.0)) for load in (0.6, 0.61))
        self.assertNotIn("busy", report.noise_text(quiet, about))
        self.assertIn("busy", report.noise_text(busy, about))

    def test_a_part_of_an_earlier_run_stays(self):
        about = {**report.machine(), "commit": "x"}
        with tempfile.TemporaryDirectory() as directory:
            plan = Plan(out=Path(directory), raw=Path(directory) / "raw")
            report.write([Part("state", [], "FIRST", [], (0.1, 0.2))], about, plan)
            now = report.write([Part("others", [], "SECOND", [], (0.1, 0.2), "SHORT")], about, plan)
            whole = (plan.out / "table.md").read_text()
            parts = report.measured(plan.out)
        self.assertNotIn("FIRST", now)
        self.assertLess(whole.index("FIRST"), whole.index("SECOND"))
        self.assertEqual([parts[name]["text"] for name in parts], ["FIRST", "SECOND"])
        self.assertEqual([parts[name].get("summary") for name in parts], [None, "SHORT"])


class PlotTest(unittest.TestCase):
    def test_a_timeline_of_a_window(self):
        with tempfile.TemporaryDirectory() as directory:
            raw = Path(directory) / "raw"
            lines = ["scheduled_ns,latency_us,client,kind,version"]
            lines += [f"{10**10 + at},{us},new,ok,0" for at, us in ((0, 1500), (10**9, 1))]
            raw.write_text("\n".join([*lines, ""]))
            panel = plot.panel("it", raw, (10**10 + 10**6, 10**10 + 10**8))
        self.assertEqual(panel.points, [(-1.0, 1.5)])

    def test_requests_that_share_pixels_are_one_bar(self):
        x = svg.Scale((0.0, 600.0), (0.0, 600.0), log=False)
        points = [(0.5, 1.0), (1.0, 9.0), (2.0, 2.0), (plot.COLUMN + 0.5, 0.001)]
        middle = plot.COLUMN // 2
        bars = [(middle, 2.0, 9.0), (plot.COLUMN + middle, plot.FASTEST_MS, plot.FASTEST_MS)]
        self.assertEqual(plot._columns(points, x), bars)

    def test_pictures_stay_small_and_say_what_they_show(self):
        points = [(1.0, 2.0, 1.0, 3.0), (10.0, 0.0, 0.0, 4.0)]
        many = [(float(at % 1000), 1.0 + at % 7) for at in range(100_000)]
        with tempfile.TemporaryDirectory() as directory:
            curves, timeline = Path(directory) / "c.svg", Path(directory) / "t.svg"
            axes = plot.Axes("a <b>", "x", [(1.0, "one")])
            plot.curves(axes, [plot.Series("s", points)], curves)
            plot.timeline([plot.Panel("p", many, failed=[5.0], caption="&")] * 2, timeline)
            for path, words in ((curves, ["a <b>", "x", "s", "one"]), (timeline, ["p", "&"])):
                self.assertLess(path.stat().st_size, 16_000)
                found = [one.text for one in ElementTree.parse(path).iter() if "text" in one.tag]
                self.assertLessEqual(set(words), set(found))
            failed = f'stroke="{plot.FAILED}"'
            self.assertEqual(timeline.read_text().count(failed), 2)

    def test_numbers_of_an_axis_do_not_overlap(self):
        picture = svg.Picture(plot.WIDTH, 100)
        x = svg.Scale((1.0, 1000.0), (plot.LEFT, plot.WIDTH), log=True)
        plot._x_axis(picture, x, 0, [(900.0, "900 MB"), (1000.0, "1000 MB"), (1.0, "1 MB")])
        heights = re.findall(r'y="(\d+)"', "".join(picture._parts))
        self.assertEqual(heights, ["18", "31", "18"])

    def test_no_name_twice(self):
        self.assertEqual(state.panel_name("Arena, 1 GB", GIB), "Arena, 1 GB")
        self.assertEqual(state.panel_name("Vectors", GIB), "Vectors, 1 GB")

    def test_axes_have_whole_powers_of_ten(self):
        self.assertEqual(plot._decades([0.3, 40]), (0.1, 100))
        self.assertEqual(plot._decades([1, 10]), (1, 10))
        self.assertEqual(svg.Scale((0.1, 100), (0, 1), log=True).decades(), [0.1, 1, 10, 100])


class DigestTest(unittest.TestCase):
    def test_series_become_five_numbers(self):
        row = {"a": [1, 2, 3], "b": [5.0, 1.0, 2.0, 4.0, 3.0], "values": [1, 2]}
        self.assertEqual(digest(row), {"a": [1, 2, 3], "b": [1, 2, 3, 4, 5]})

    def test_of_swaps_the_times_are_kept(self):
        swaps = [{"gap_ms": n / 7, "raw": "x", "begin_ns": n, "failed": {"x": 1}} for n in (1, 2)]
        self.assertEqual(digest({"trials": swaps}), {"trials": {"gap_ms": [0.14286, 0.28571]}})
        self.assertEqual(digest({"warm_ms": [{"read": 1}, {"read": 2}]})["warm_ms"]["read"], [1, 2])

    def test_what_is_empty_is_left_out(self):
        self.assertEqual(digest({"a": "", "b": None, "c": {}, "d": 0, "e": False}), {"d": 0})
        self.assertEqual(digest({"missing": "why", "lost": 0}), {"missing": "why"})

    def test_a_line_for_each_row(self):
        value = {"rows": [{"a": 1}, {"a": [2, 3]}], "n": []}
        text = lines(value, 2)
        self.assertEqual(json.loads(text), value)
        self.assertIn('\n{"a":[2,3]}\n', text)


class OthersTest(unittest.TestCase):
    @staticmethod
    def row(name, peer, pause_ms, **more):
        trial = types.SimpleNamespace(quiet_gap_ms=1.0)
        return Row(
            name, name, "asyncio", 1, "p", "1", "m", True, peer, 0.0, 0,
            pause_ms=pause_ms, trials=[trial], **more,
        )  # fmt: skip

    def test_the_bounds_of_the_comparison(self):
        rows = [self.row("own", False, 3.0, failed={"new late": 2}), self.row("peer", True, 20.0)]
        rows[0].state = "kept"
        failed, lost, memory, pause = others.verdicts(rows)
        self.assertEqual((failed.value, failed.met, lost.met, memory.met), (2, False, True, True))
        self.assertEqual((pause.most, pause.met), (4.0, True))
        rows[1].pause_ms = 9.0
        self.assertEqual(others.verdicts(rows)[-1].most, 2.0)
        rows[0].lost_most = 132  # in one swap of several; the median may be 0
        self.assertEqual([v.value for v in others.verdicts(rows) if not v.met], [2, 132, 3.0])

    def test_state_memory_and_the_time_to_ready_of_our_own(self):
        own = self.row("own", False, 1.0, state="lost", before_mib=10, peak_mib=121)
        own.state_mb, own.alone_ms, own.ready_ms = 100, 50.0, 55.1
        own.trials[0].alone_again_ms = 51.0
        _, _, state, ready, memory, _ = others.verdicts([own])
        self.assertEqual(
            (state.met, ready.met, ready.noise, memory.met), (False, False, 1.0, False)
        )
        own.state, own.ready_ms, own.peak_mib = "kept", 55.0, 120
        self.assertEqual([one.met for one in others.verdicts([own])], [True] * 5)

    def test_a_mandatory_method_has_to_be_there(self):
        row = self.row("peer", True, 0.0, missing="failed: it", error=True)
        self.assertEqual([one.met for one in others.verdicts([row])], [False])


class PlanTest(unittest.TestCase):
    def test_the_full_one_is_what_was_asked_for(self):
        full = Plan()
        self.assertEqual(full.swaps, 10)
        self.assertEqual(full.arena_bytes, (GIB, 4 * GIB))
        self.assertEqual((full.growth_bytes[0], full.growth_bytes[-1]), (1 << 10, 4 << 30))
        self.assertEqual(full.growth_connections[-1], 9500)
        self.assertEqual((full.growth_processes[0], full.growth_processes[-1]), (1, 64))
        self.assertTrue(quick().quick)

    def test_data_on_disk(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "data"
            cold.write_vectors(path, 3 * 1024)
            self.assertEqual(path.stat().st_size, 3 * 1024)
            self.assertEqual(path.read_bytes()[1024:1028], bytes(4))
            self.assertNotEqual(path.read_bytes()[4:8], bytes(4))
            cold.write_history(path)
            self.assertEqual(len(json.loads(path.read_text())["turns"]), cold.TURNS)


if __name__ == "__main__":
    unittest.main()
