"""Features: functions of the as-of tables to one Ibis expression, one row per lead or customer."""
