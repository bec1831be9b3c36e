"""What one line of analysis adds to a notebook, before the notebook chooses what leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm_analysis.deals.indicators.sizes import Size
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text
from crm_analysis.results import ActionList, Finding, Picture, ShownTable
from crm_analysis.state import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A finding with its short name for the headline and the sizes it cites.

    Parameters
    ----------
    strength : float
        For ordering within its part only: scales differ between parts.
    short : Text, optional
        The sentence without its sizes, for where it stands beside another on the same measure;
        None where there is no shorter one.
    """

    finding: Finding
    name: Text
    size: Size | None
    strength: float
    short: Text | None = None

    @classmethod
    def of(cls, row: Estimate, *, name: Text, sentence: Text, action: Text) -> Told:
        """Tell one row that stands, as strong as it is large."""
        finding = Finding(
            sentence=sentence,
            evidence=row.evidence,
            action=action,
            status=row.status,
            estimate_key=row.key,
        )
        return cls(finding=finding, name=name, size=None, strength=abs(row.estimate or 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Numbers, findings (clearest first), tables, pictures and lists of one line of analysis.

    Parameters
    ----------
    told : tuple of Told
        Findings; the notebook shows at most seven of all its parts.
    tables : tuple of ShownTable
        Tables beside the findings.
    appendix : tuple of ShownTable
        Everything else that was computed, for those who look it up.
    does_not_show : tuple of Text
        Why something is switched off, and limits of what is shown.
    alarms : tuple of Said
        What goes into the alarm ledger once the page is published.
    """

    estimates: tuple[Estimate, ...] = ()
    told: tuple[Told, ...] = ()
    tables: tuple[ShownTable, ...] = ()
    appendix: tuple[ShownTable, ...] = ()
    pictures: tuple[Picture, ...] = ()
    lists: tuple[ActionList, ...] = ()
    does_not_show: tuple[Text, ...] = ()
    alarms: tuple[Said, ...] = ()


def unique_rows(rows: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Keep the first row of each key: a share may be cited by a finding and by a picture."""
    return tuple({row.key: row for row in reversed(rows)}.values())[::-1]
