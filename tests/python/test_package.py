"""What is installed: the version of the tree, the names of the interface, nothing else."""

import re
from pathlib import Path

import aeterna
from support import ROOT, Programs, StateTest


class PackageTest(StateTest):
    def test_the_version_is_the_trees(self):
        text = (ROOT / "python/pyproject.toml").read_text()
        version = re.search(r'^version = "(.*)"$', text, re.MULTILINE)
        self.assertEqual(version.group(1), (ROOT / "VERSION").read_text().strip())

    def test_the_names_of_the_interface(self):
        names = (
            "MISSING active arena busy detached dump generation keep load merge migrate "
            "on_serving serving set_aside"
        )
        self.assertEqual(sorted(aeterna.__all__), names.split())
        public = {name for name in vars(aeterna) if not name.startswith("_")}
        self.assertEqual(public - set(aeterna.__all__), {"annotations"})

    def test_nothing_heavy_is_imported(self):
        """What a program has not loaded is not loaded for it."""
        heavy = (
            "numpy torch socket asyncio ssl ast dataclasses dis inspect random sysconfig tempfile"
        )
        program = Programs(self).write(
            "agent.py",
            "import sys\nbefore = set(sys.modules)\nimport aeterna\n"
            f"print(sorted({set(heavy.split())} & (set(sys.modules) - before)))\n",
        )
        programs = Programs(self)
        self.assertEqual(programs.run(program).stdout, "[]\n")

    def test_every_file_says_what_it_owns(self):
        for path in Path(ROOT / "python/aeterna").glob("*.py"):
            self.assertTrue(path.read_text().startswith('"""'), path)
