"""Codes of the state are laid over T5 in PostgreSQL too, where nothing may be written."""

from __future__ import annotations

from datetime import date

from crm_analysis.source import load
from crm_analysis.state import State
from tests.engines.postgres import Server, load_folder
from tests.source.folders import write_folder
from tests.source.test_human_codes import AS_OF, REASONS, codes_of, entry

STRANGE = 'it\'s \\ "Y7" 客户'


def test_a_reader_that_may_not_write_sees_the_codes(postgres_server: Server, tmp_path):
    reasons = [*REASONS, [STRANGE, *REASONS[2][1:]]]
    folder = write_folder(tmp_path / "crm", reasons=reasons)
    load_folder(postgres_server, folder, schema="coded", types=None)
    state = State.at(tmp_path / "state")
    state.add_codes(
        [entry("Y1", "speed"), entry("Y2", "speed;attitude"), entry(STRANGE, "quality")],
        codebook="1",
    )
    url = postgres_server.url(schema="coded")
    known = load(url, as_of=AS_OF, state=str(state.folder))
    beside = load(str(folder), as_of=AS_OF, state=str(state.folder))
    assert codes_of(known) == codes_of(beside)
    assert codes_of(known)["Y2"] == ("speed;attitude", None)
    assert codes_of(known)[STRANGE] == ("quality", None)
    assert known.fingerprint != load(url, as_of=AS_OF).fingerprint
    before = load(url, as_of=date(2024, 3, 30), state=str(state.folder))
    assert codes_of(before)["Y2"] == (None, None)
