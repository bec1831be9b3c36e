"""The numbered stories of the demo company."""

from crm_analysis.world.stories.collection import stories, truth
from crm_analysis.world.stories.story import Planted, Story

__all__ = ["Planted", "Story", "stories", "truth"]
