"""Files made from code equal what the code makes."""

from __future__ import annotations

import pytest

from tests.ground.made_files import MADE, ROOT


@pytest.mark.parametrize("name", MADE)
def test_made_file_is_up_to_date(name):
    assert (ROOT / name).read_text(encoding="utf-8") == MADE[name](), f"run `make docs`: {name}"
