"""The demo world, made once for all tests of this folder."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.world import World, demo_world
from tests.world.measure import lead_lives


@pytest.fixture(scope="session")
def demo() -> World:
    """Return the demo world as committed."""
    return demo_world()


@pytest.fixture(scope="session")
def end(demo: World) -> pd.Timestamp:
    """Return the end of the as-of day."""
    return pd.Timestamp(demo.as_of) + pd.Timedelta(days=1)


@pytest.fixture(scope="session")
def lives(demo: World, end: pd.Timestamp) -> pd.DataFrame:
    """Return the leads with their days at risk and first answers."""
    return lead_lives(demo.tables, end)
