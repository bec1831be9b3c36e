"""The files that are handed out first are there, and in that order."""

from __future__ import annotations

from types import SimpleNamespace

from tests.conftest import LONGEST, pytest_collection_modifyitems
from tests.ground.made_files import ROOT


def test_longest_files_come_first_and_others_keep_their_order():
    paths = [ROOT / "tests" / name for name in LONGEST]
    assert [path for path in paths if not path.is_file()] == []
    others = [ROOT / "tests/test_cli.py", ROOT / "tests/test_config.py"]
    items = [SimpleNamespace(path=path) for path in [others[0], *reversed(paths), others[1]]]
    pytest_collection_modifyitems(items)
    assert [item.path for item in items] == [*paths, *others]
