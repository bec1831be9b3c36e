"""The synthetic CRM: a demo company and scenario worlds whose truth is known."""

from crm_analysis.world.demo import demo_world
from crm_analysis.world.scenarios import scenario
from crm_analysis.world.write import World, write

__all__ = ["World", "demo_world", "scenario", "write"]
