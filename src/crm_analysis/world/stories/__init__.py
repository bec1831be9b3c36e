"""The numbered stories of the demo company."""

from crm_analysis.world.stories.story import Planted, Story
from crm_analysis.world.stories.truth import stories, truth

__all__ = ["Planted", "Story", "stories", "truth"]
