"""M01: the funnel, the pipeline's chances, and whether the target will be met."""
