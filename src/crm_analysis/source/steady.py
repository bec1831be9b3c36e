"""That all notebooks of a run saw the same source: one moment of it, or nothing that changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from crm_analysis.errors import SourceLost
from crm_analysis.source.connect import Source, raw_fingerprint, row_fingerprint
from crm_analysis.source.files import fingerprint_files
from crm_analysis.source.load import settings_files

_CHANGED = "the {what} changed while the notebooks ran; run again when it rests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The views and the configuration of a run, given or beside the source, as they were.

    Parameters
    ----------
    fingerprint : str
        Digest of the files' bytes.
    """

    url: str
    views: str = ""
    config: str = ""
    fingerprint: str = ""

    @classmethod
    def note(cls, url: str, *, views: str = "", config: str = "") -> Settings:
        """Note the files as they are now, before they are read."""
        digest = fingerprint_files(settings_files(url, views=views, config=config))
        return cls(url=url, views=views, config=config, fingerprint=digest)

    def changed(self) -> bool:
        """Say whether the files are others now."""
        return self != Settings.note(self.url, views=self.views, config=self.config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """A source that the notebooks of a run read one after another.

    Parameters
    ----------
    rows : str
        Digest of its files' bytes, or of a database's row counts, as they were at first.
    held : Source or None
        The open session whose moment the notebooks share; without one the digest is compared.
    """

    url: str
    rows: str
    settings: Settings
    held: Source | None = None

    @property
    def fingerprint(self) -> str:
        """The digest of all that went in: rows, views and configuration."""
        return hashlib.sha256(f"{self.rows}\n{self.settings.fingerprint}".encode()).hexdigest()

    def close(self) -> None:
        """End the session whose moment was shared."""
        if self.held is not None:
            self.held.close()

    def raise_if_changed(self) -> None:
        """Raise `SourceLost` where the notebooks may have seen different rows or settings."""
        if self.settings.changed():
            raise SourceLost(_CHANGED.format(what="views or the configuration"))
        if self.held is None and raw_fingerprint(self.url) != self.rows:
            raise SourceLost(_CHANGED.format(what="source"))


def hold_steady(source: Source, *, settings: Settings) -> Steady:
    """Keep a database's session open where its moment is shared; close any other source."""
    rows = source.fingerprint or row_fingerprint(source)
    held = source if source.snapshot else None
    if held is None:
        source.close()
    return Steady(url=source.url, rows=rows, settings=settings, held=held)
