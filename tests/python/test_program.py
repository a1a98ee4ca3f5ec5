"""Whole programs in interpreters of their own: state by name, keep(), the hooks under a library."""

import os

from aeterna._format import JSON
from support import ROOT, Programs, StateTest, memfd, seal

FAKE = str(ROOT / "build/tests/python/libfake.so")

# What the library does, put behind the program's own lines: `dump` or `load` on descriptor `fd`.
DRIVER = """
import ctypes, os, sys
def call(dump, fd, mechanism=1, generation=7):
    class Request(ctypes.Structure):
        _fields_ = [("size", ctypes.c_uint32), ("step", ctypes.c_uint32),
                    ("mechanism", ctypes.c_uint32), ("fd", ctypes.c_int32),
                    ("capacity", ctypes.c_uint64), ("generation", ctypes.c_uint64),
                    ("run_id", ctypes.c_uint8 * 16), ("fd_count", ctypes.c_uint32),
                    ("fds", ctypes.c_int32 * 28)]
    request = Request(mechanism=mechanism, fd=fd, generation=generation)
    sys.stdout.flush()
    result = ctypes.CDLL(None).fake_call(ctypes.byref(request), dump)
    print("result", result, flush=True)
"""


class ProgramTest(StateTest):
    def setUp(self):
        super().setUp()
        self.programs = Programs(self)
        self.fd = memfd()
        self.addCleanup(lambda: os.close(self.fd))
        self.programs.write("driver.py", DRIVER)

    def run_with(self, name, text, state, *arguments, **options):
        self.programs.write(name, text)
        command = options.pop("command", [name])
        options.setdefault("preload", FAKE)
        return self.programs.run(
            *command, self.fd, *arguments, state=state, fds=(self.fd,), **options
        )

    def dumped(self, name, text, state="", **options):
        done = self.run_with(
            name, text + "\nfrom driver import *\ncall(1, int(sys.argv[1]))\n", state, **options
        )
        seal(self.fd)
        return done

    def loaded(self, name, text, state="", after="", **options):
        """`text`, the load, `after`."""
        whole = text + "\nfrom driver import *\ncall(0, int(sys.argv[1]))\n" + after
        return self.run_with(name, whole, state, **options)

    def loads(self, *arguments, said, **options):
        done = self.loaded(*arguments, **options)
        self.assertEqual(done.stdout, said)
        return done


class NamesTest(ProgramTest):
    AGENT = "HISTORY = {}\nCOUNT = 0\nclass Turn: pass\n"
    FILLED = AGENT + "t = Turn(); t.text = 'hi'; HISTORY['x'] = t; COUNT = 3\n"
    SHOWN = "print(alias is HISTORY, HISTORY['x'].text, type(HISTORY['x']) is Turn, COUNT)"

    def test_a_script_answers_to_main_and_to_its_stem(self):
        for module in ("__main__", "agent"):
            state = f"{module}:HISTORY,{module}:COUNT"
            os.close(self.fd)
            self.fd = memfd()
            done = self.dumped("agent.py", self.FILLED, state)
            self.assertEqual((done.stdout, done.stderr), ("done 0\nresult 0\n", ""))
            self.loads(
                "agent.py",
                self.AGENT + "alias = HISTORY\n",
                state,
                after=self.SHOWN,
                said="result 0\nTrue hi True 3\n",
            )

    def test_a_module_becomes_the_script(self):
        """Pickled as agent.Turn, wanted as __main__.Turn."""
        self.programs.write("agent.py", self.FILLED)
        self.dumped("main.py", "import agent\n", "agent:HISTORY,agent:COUNT")
        self.loads(
            "agent.py",
            self.AGENT + "alias = HISTORY\n",
            "agent:HISTORY,agent:COUNT",
            after=self.SHOWN,
            said="result 0\nTrue hi True 3\n",
        )

    def test_the_script_becomes_a_module(self):
        """Pickled as __main__.Turn, wanted as agent.Turn."""
        self.dumped("agent.py", self.FILLED, "agent:HISTORY")
        self.programs.write("agent.py", self.AGENT)
        self.loads(
            "main.py",
            "import agent\n",
            "agent:HISTORY",
            after="print(type(agent.HISTORY['x']) is agent.Turn)",
            said="result 0\nTrue\n",
        )

    def test_what_was_taken_away_since_the_start_stays_away(self):
        """Of a module that is imported the start is known, and of keep()."""
        self.programs.write("app.py", "STATE = {'count': 0, 'admin': {}}\n")
        use = "import aeterna, app\nKEPT = aeterna.keep('k', lambda: {'a': 1, 'b': 2})\n"
        both = {"PYTHONPATH": f"{ROOT}/python/site:{ROOT}/python"}
        self.dumped("main.py", use + "del app.STATE['admin'], KEPT['a']\n", "app:STATE", **both)
        self.programs.write("app.py", "STATE = {'count': 0, 'admin': {}, 'facts': []}\n")
        done = self.loaded("main.py", use, "app:STATE", after="print(app.STATE, KEPT)", **both)
        self.assertEqual(done.stdout, "result 0\n{'count': 0, 'facts': []} {'b': 2}\n")
        self.assertEqual(done.stderr, "aeterna: app:STATE: new here: facts\n")

    def test_a_migration_of_what_the_file_names(self):
        both = {"PYTHONPATH": f"{ROOT}/python/site:{ROOT}/python"}
        self.dumped("app.py", "STATE = ['ann']", "app:STATE")
        text = """
import aeterna
STATE = {}
@aeterna.migrate("app:STATE", 1, 2)
def by_name(old):
    return {name: {} for name in old}
"""
        done = self.loaded("app.py", text, "app:STATE", after="print(STATE)", **both)
        self.assertEqual(done.stdout, "result 0\n{'ann': {}}\n")
        os.close(self.fd)
        self.fd = memfd()
        self.dumped("app.py", text + "STATE['bob'] = 1\n", "app:STATE", **both)
        for again in (text, "STATE = {}"):
            done = self.loaded("app.py", again, "app:STATE", after="print(STATE)", **both)
            self.assertEqual(done.stdout, "result 0\n{'bob': 1}\n")

    def test_what_is_new_in_a_default_that_is_asked_for_late(self):
        self.dumped("main.py", "import aeterna\nKEPT = aeterna.keep('k', lambda: {'a': 1})\n")
        late = "\nimport aeterna; print(aeterna.keep('k', lambda: {'a': 0, 'facts': []}))"
        start = "import aeterna\naeterna.keep('other', dict)\n"
        done = self.loaded("main.py", start, after=late)
        self.assertEqual(done.stdout, "result 0\n{'a': 1, 'facts': []}\n")
        self.assertIn("aeterna: k: new here: facts\n", done.stderr)

    TWICE = """
import sys
STATE = {"count": 0}
class Turn: pass
if __name__ == "__main__":
    sys.path.insert(0, ".")
    import agent
"""

    def twice(self, *lines):
        """The script's own part."""
        whole = self.TWICE + "".join(f"    {line}\n" for line in ("from driver import *", *lines))
        return self.run_with("agent.py", whole, "agent:STATE")

    def test_a_script_that_is_imported_as_well(self):
        """The twin that the program uses is handed over, and there is one of it afterwards."""
        for used in ("agent.STATE", "STATE"):
            os.close(self.fd)
            self.fd = memfd()
            use = (f"{used}['count'] = 3", f"{used}['turn'] = Turn()")
            done = self.twice(*use, "call(1, int(sys.argv[1]))")
            self.assertEqual((done.stdout, done.stderr), ("done 0\nresult 0\n", ""))
            seal(self.fd)
            shown = "print(STATE is held, agent.STATE is STATE, STATE['count'])"
            done = self.twice("held = agent.STATE", "call(0, int(sys.argv[1]))", shown)
            self.assertEqual((done.stdout, done.stderr), ("result 0\nTrue True 3\n", ""))

    def test_twins_of_which_nobody_knows_the_one(self):
        use = "agent.STATE['count'] = 3; STATE['count'] = 2"
        done = self.twice(use, "call(1, int(sys.argv[1]))")
        sentence = "dump_failed: agent:STATE and __main__:STATE are two: the file is the script"
        self.assertIn(sentence, done.stdout)

    def test_run_as_a_module(self):
        self.programs.write("pkg/__init__.py", "")
        text = self.FILLED.replace(
            "HISTORY = {}", "import sys; sys.path.insert(0, '.'); HISTORY = {}"
        )
        self.dumped("pkg/agent.py", text, "pkg.agent:HISTORY", command=["-m", "pkg.agent"])
        self.loads(
            "pkg/agent.py",
            "import sys; sys.path.insert(0, '.')\n" + self.AGENT,
            "pkg.agent:HISTORY",
            command=["-m", "pkg.agent"],
            after="print(HISTORY['x'].text)",
            said="result 0\nhi\n",
        )

    ATTACHED = "import _aeterna_state._runtime as r\nprint(bool(r._hooks))\n"

    def test_a_process_has_state_when_it_has_the_module(self):
        """gunicorn's master never imports the application; its workers do."""
        self.programs.write("agent.py", self.AGENT)
        self.programs.write("pkg/__init__.py", "")
        self.programs.write("pkg/agent.py", self.AGENT)
        for module in ("agent", "pkg.agent"):
            text = self.ATTACHED + f"import json, {module}\n" + self.ATTACHED
            done = self.run_with("master.py", text, f"{module}:HISTORY")
            self.assertEqual((done.stdout, done.stderr), ("False\nTrue\n", ""))
            done = self.run_with("master.py", text, f"{module}:HISTORY", command=["-m", "master"])
            self.assertEqual(done.stdout[-5:], "True\n")

    def test_what_the_start_imports_is_not_looked_at_for_garbage(self):
        text = "import gc\nprint(gc.get_freeze_count() > 1000, gc.isenabled())\n"
        done = self.run_with("agent.py", self.AGENT + text, "agent:HISTORY")
        self.assertEqual((done.stdout, done.stderr), ("True True\n", ""))

    def test_a_script_has_state_from_its_start(self):
        for state, command in (
            ("agent:HISTORY", ["agent.py"]),
            ("__main__:HISTORY", ["agent.py"]),
            ("agent:HISTORY", ["-m", "agent"]),
            ("other:HISTORY", ["-c", "import agent"]),
        ):
            done = self.run_with("agent.py", self.ATTACHED, state, command=command)
            self.assertEqual(done.stdout, "True\n", command)

    def test_attributes_of_objects(self):
        agent = """
        class Thing: pass
        app = Thing(); app.state = Thing(); app.state.x = []; app.state.n = 0
        seen = app.state.x
        """.replace("\n        ", "\n")
        state = "agent:app.state.x,agent:app.state.n"
        self.dumped("agent.py", agent + "app.state.x += [1, 2]; app.state.n = 5", state)
        self.loads(
            "agent.py",
            agent,
            state,
            after="print(seen, seen is app.state.x, app.state.n)",
            said="result 0\n[1, 2] True 5\n",
        )

    def test_a_saver_whose_storage_has_a_lambda(self):
        """As LangGraph's InMemorySaver keeps its checkpoints."""
        agent = """
        from collections import defaultdict
        class InMemorySaver:
            def __init__(self):
                self.storage = defaultdict(lambda: defaultdict(dict))
        checkpointer = InMemorySaver()
        storage = checkpointer.storage
        counts = defaultdict(lambda: defaultdict(lambda: 0))
        """.replace("\n        ", "\n")
        filled = "storage['t']['ns']['id'] = ('msgpack', b'x')\ncounts['t']['n'] += 1\n"
        state = "agent:checkpointer.storage,agent:counts"
        self.dumped("agent.py", agent + filled, state)
        self.loads(
            "agent.py",
            agent,
            state,
            said="result 0\nTrue ('msgpack', b'x') {} 1 0\n",
            after="""
same = storage is checkpointer.storage
print(same, storage['t']['ns']['id'], storage['new']['n'], counts['t']['n'], counts['t']['m'])
""",
        )

    def test_a_name_that_is_not_there(self):
        """There is nothing to dump; the next version says that there never will be."""
        cases = {
            "agent:NOPE": "agent:NOPE in handoff.state leads nowhere: no NOPE in module",
            "agent:COUNT,absent:X": "absent:X in handoff.state leads nowhere: "
            "there is no module absent",
            "agent:HISTORY.deep": "agent:HISTORY.deep in handoff.state leads nowhere: "
            "no deep in dict; the nearest name is agent:HISTORY",
            "agent:COUNTS": "agent:COUNTS in handoff.state leads nowhere: no COUNTS in module; "
            "the nearest name is agent:COUNT",
        }
        for state, said in cases.items():
            done = self.dumped("agent.py", self.FILLED, state)
            self.assertEqual(done.stdout, "done 0\nresult 0\n")
            done = self.loaded("agent.py", self.AGENT, state)
            self.assertEqual(done.stdout, f"state_missing: {said}\nresult -2\n")
            os.close(self.fd)
            self.fd = memfd()

    def test_a_name_that_the_new_version_asks_for_and_lacks(self):
        self.dumped("agent.py", self.FILLED, "agent:COUNT")
        done = self.loaded("agent.py", "x = 1", "agent:COUNT")
        self.assertIn("state_missing: agent:COUNT: this version does not take it", done.stdout)

    def test_a_name_that_nobody_asks_for_any_more(self):
        self.dumped("agent.py", self.FILLED, "agent:COUNT,agent:HISTORY")
        done = self.loaded("agent.py", self.AGENT, "agent:COUNT", after="print(COUNT)")
        self.assertEqual(
            done.stdout,
            "state_missing: agent:HISTORY: this version does not take it: name it in "
            "handoff.state, or reload --discard-state=agent:HISTORY\nresult -2\n0\n",
        )

    def test_what_cannot_be_pickled_says_where(self):
        text = self.FILLED + "import threading; t.lock = threading.Lock()\n"
        done = self.dumped("my_agent.py", text, "my_agent:HISTORY")
        self.assertEqual(
            done.stdout,
            "dump_failed: my_agent:HISTORY['x'].lock: cannot pickle '_thread.lock' object: "
            "leave it out: handoff.exclude, or __getstate__ with __setstate__\n"
            "result 256\n",
        )


class SiteTest(ProgramTest):
    def test_nothing_of_it_is_in_the_programs_way(self):
        done = self.run_with(
            "agent.py",
            """
            import sys
            print([p for p in sys.path if p.endswith("site") or p.endswith("python")])
            try:
                import aeterna
            except ImportError:
                print("no module")
            """,
            "agent:X",
        )
        self.assertEqual(done.stdout, "[]\nno module\n")

    def test_a_module_of_that_name_is_the_programs(self):
        self.programs.write("aeterna.py", "print('mine')\nactive = 'mine'\n")
        done = self.run_with("agent.py", "import aeterna\nprint(aeterna.active)", "agent:X")
        self.assertEqual(done.stdout, "mine\nmine\n")

    def test_the_programs_own_sitecustomize_runs(self):
        self.programs.write("site/sitecustomize.py", "import sys\nprint('own', __name__)\n")
        path = f"{ROOT / 'python/site'}:{self.programs.path / 'site'}"
        done = self.run_with(
            "agent.py",
            "import sitecustomize\nprint(sitecustomize.__file__[-21:])",
            "agent:X",
            PYTHONPATH=path,
        )
        self.assertEqual(done.stdout, "own sitecustomize\nsite/sitecustomize.py\n")

    def test_the_installed_module_and_the_launchers_are_one(self):
        """keep() and handoff.state in one program: one registry, one attachment."""
        agent = """
        import aeterna
        NAMED = []
        KEPT = aeterna.keep("kept", default=list)
        """.replace("\n        ", "\n")
        path = f"{ROOT / 'python/site'}:{ROOT / 'python'}"
        after = "print(NAMED, KEPT, ctypes.CDLL(None).fake_attached())"
        self.dumped(
            "agent.py", agent + "NAMED.append(1); KEPT.append(2)\n", "agent:NAMED", PYTHONPATH=path
        )
        self.loads(
            "agent.py",
            agent,
            "agent:NAMED",
            after=after,
            PYTHONPATH=path,
            said="result 0\n[1] [2] 1\n",
        )


class KeepTest(ProgramTest):
    AGENT = """
import aeterna
history = aeterna.keep("history", default=list)
count = aeterna.keep("count", default=int)
config = aeterna.keep("config", default=dict, codec="json", schema=2)
cache = {}
@aeterna.dump("cache", schema=1)
def save():
    return dict(cache)
@aeterna.load("cache")
def restore(found):
    cache.update(found)
"""

    def test_without_the_launcher(self):
        self.programs.write(
            "agent.py",
            self.AGENT
            + """
print(aeterna.active, aeterna.generation, history, count, config)
with aeterna.busy(), aeterna.detached():
    print(save(), aeterna.keep("history", default=list) is history)
""",
        )
        done = self.programs.run("agent.py", AETERNA_GENERATION="7")
        self.assertEqual(done.stdout, "False 0 [] 0 {}\n{} True\n")

    def test_everything_at_once(self):
        filled = "history.append('hi'); count += 41; config['a'] = 'ü'; cache[1] = 2\n"
        done = self.dumped("agent.py", self.AGENT + filled)
        self.assertEqual((done.stdout, done.stderr), ("done 0\nresult 0\n", ""))
        os.lseek(self.fd, 0, os.SEEK_SET)
        self.assertIn(b'{"a":"\xc3\xbc"}', os.read(self.fd, 1 << 20))
        self.loads(
            "agent.py",
            self.AGENT,
            said="result 0\n['hi'] 41 {'a': 'ü'} {1: 2} True 7\n",
            after="print(history, count, config, cache, aeterna.active, aeterna.generation)",
        )

    def test_who_asks_after_the_load(self):
        self.dumped("agent.py", self.AGENT + "history.append('hi')")
        done = self.loaded(
            "agent.py",
            "import aeterna\nother = aeterna.keep('other', default=list)",
            after="""
print(aeterna.keep("history", default=list), aeterna.keep("cache", default=list))
try:
    aeterna.keep("config", default=dict)
except Exception as error:
    print(error)
""",
        )
        self.assertIn("result 0\n['hi'] {}\nwrong_schema: config", done.stdout)
        self.assertEqual(done.stderr, "")

    def test_a_slot_without_state_keeps_its_default(self):
        self.dumped("agent.py", "import aeterna\nx = aeterna.keep('x', default=list)")
        self.loads(
            "agent.py",
            "import aeterna\nx = aeterna.keep('x', default=list)\n"
            "y = aeterna.keep('y', default=lambda: [9])",
            after="print(x, y)",
            said="result 0\n[] [9]\n",
        )

    def test_a_number_that_no_global_holds(self):
        text = "import aeterna\nclass A: pass\na = A()\na.n = aeterna.keep('n', default=int)"
        done = self.dumped("agent.py", text)
        self.assertIn("dump_failed: n: a int cannot be followed", done.stdout)

    def test_a_hook_that_fails(self):
        self.dumped("agent.py", self.AGENT)
        failing = self.AGENT.replace("cache.update(found)", "raise KeyError(found)")
        done = self.loaded("agent.py", failing)
        self.assertEqual(done.stdout, "load_failed: cache: KeyError: {}\nresult -22\n")

    def test_a_dump_leaves_the_program_as_it_was(self):
        """It runs in a child, threads or not, and says nothing of its own."""
        text = """
import aeterna, threading
history = aeterna.keep("history", default=list)
threading.Thread(target=threading.Event().wait, daemon=True).start()
@aeterna.dump("x")
def save():
    history.append("in the child")
    raise SystemExit(3)
"""
        done = self.run_with(
            "agent.py",
            text
            + """
from driver import *
call(1, int(sys.argv[1]))
print(history)
""",
            "",
        )
        self.assertEqual(done.stdout, "dump_failed: SystemExit: 3\nresult 256\n[]\n")
        self.assertEqual(done.stderr, "")

    def test_busy(self):
        done = self.run_with(
            "agent.py", "import aeterna\nwith aeterna.busy(): print('in', flush=True)", ""
        )
        self.assertEqual(done.stdout, "busy +1\nin\nbusy -1\n")

    def test_on_serving_without_the_launcher(self):
        done = self.run_with(
            "agent.py",
            "import aeterna\n"
            "@aeterna.on_serving\ndef begin(): print('begun', flush=True)\n"
            "aeterna.on_serving(lambda: 1 / 0)\nprint('goes on', flush=True)",
            "",
        )
        self.assertEqual(done.stdout, "begun\ngoes on\n")
        self.assertIn("ZeroDivisionError", done.stderr)

    def test_wrong_use(self):
        import aeterna

        for wrong in (
            lambda: aeterna.keep("x", default=list, codec="xml"),
            lambda: aeterna.keep("x", default=list, schema=0),
            lambda: aeterna.keep("", default=list),
            lambda: aeterna.keep("y" * 80, default=list, codec="json"),
            lambda: aeterna.keep("python", default=list, codec="json"),
            lambda: aeterna.migrate("x", 1, -1),
        ):
            self.assertRaises(ValueError, wrong)
        aeterna.keep("x", default=list)
        self.assertRaises(ValueError, lambda: aeterna.dump("x")(len))
        self.assertEqual(JSON, 1)


class LoadTest(ProgramTest):
    def test_a_million_objects_with_the_collector_off(self):
        agent = """
        import gc
        runs = []
        gc.callbacks.append(lambda phase, info: runs.append(info["generation"]))
        class Turn: pass
        HISTORY = []
        """.replace("\n        ", "\n")
        fill = "gc.disable()\nHISTORY += [[i] for i in range(1_000_000)]\n"
        self.dumped("agent.py", agent + fill, "agent:HISTORY")
        self.loads(
            "agent.py",
            agent + "runs.clear()\n",
            "agent:HISTORY",
            after="""
n, young = runs.count(2), len(gc.get_objects(0)) + len(gc.get_objects(1))
print(len(HISTORY), HISTORY[-1], n, gc.isenabled(), gc.get_freeze_count(), young < 10_000)
""",
            said="result 0\n1000000 [999999] 0 True 0 True\n",
        )

    def test_a_flipped_byte_is_refused_by_the_hook(self):
        self.dumped("agent.py", "X = [1]", "agent:X")
        os.lseek(self.fd, 0, os.SEEK_SET)
        content = bytearray(os.read(self.fd, 1 << 20))
        content[4100] ^= 1
        os.close(self.fd)
        self.fd = memfd(content)
        seal(self.fd)
        done = self.loaded("agent.py", "X = []", "agent:X", after="print(X)")
        self.assertEqual(
            done.stdout,
            "state_corrupt: the checksum of PICKLE 'python' is wrong\nresult -74\n[]\n",
        )
