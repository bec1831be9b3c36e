"""Worlds of any size with the demo's truth, streamed by DuckDB."""

from crm_analysis.world.scale.size import Scale
from crm_analysis.world.scale.write import write_scale_world

__all__ = ["Scale", "write_scale_world"]
