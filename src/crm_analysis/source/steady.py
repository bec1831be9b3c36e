"""That all notebooks of a run saw the same source: one moment of it, or nothing that changed."""

from __future__ import annotations

from dataclasses import dataclass

from crm_analysis.errors import SourceLost
from crm_analysis.source.connect import Source, raw_fingerprint, row_fingerprint

_CHANGED = "the source changed while the notebooks ran; run again when it rests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """A source that the notebooks of a run read one after another.

    Parameters
    ----------
    fingerprint : str
        Digest of its files' bytes, or of a database's row counts, as they were at first.
    held : Source or None
        The open session whose moment the notebooks share; without one the fingerprint is compared.
    """

    url: str
    fingerprint: str
    held: Source | None = None

    def close(self) -> None:
        """End the session whose moment was shared."""
        if self.held is not None:
            self.held.close()

    def raise_if_changed(self) -> None:
        """Raise `SourceLost` where the notebooks may have seen different rows."""
        if self.held is None and raw_fingerprint(self.url) != self.fingerprint:
            raise SourceLost(_CHANGED)


def hold_steady(source: Source) -> Steady:
    """Keep a database's session open where its moment is shared; close any other source."""
    fingerprint = source.fingerprint or row_fingerprint(source)
    if source.snapshot:
        return Steady(url=source.url, fingerprint=fingerprint, held=source)
    source.close()
    return Steady(url=source.url, fingerprint=fingerprint)
