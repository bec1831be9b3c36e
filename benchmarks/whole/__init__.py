"""The tables of notebooks 10 and 20: by `crm-analysis run` and by a pandas + lifelines pipeline."""
