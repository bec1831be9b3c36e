SELECT
    round_id,
    customer_name(c) AS customer_id,
    stamp(day) AS assigned_at,
    typed(day) AS recorded_at,
    arm,
    true AS randomised,
    2 / 3 AS p_treat,
    1 / 3 AS p_arm,
    CASE WHEN gap < 60 * $gap_scale THEN 'quick' ELSE 'slow' END AS stratum,
    pick('tier', c, ['1', '2', '3']) AS tier,
    CASE WHEN arm != 'control' THEN arm END AS strategy,
    CASE WHEN arm = 'discount' THEN '25% off first order' END AS offer,
    CASE arm WHEN 'discount' THEN 25 WHEN 'care' THEN 0 END::DECIMAL(18, 4) AS offer_value,
    CASE WHEN arm != 'control' THEN pick('promised', c, ['paper', 'tea', 'tools']) END AS promised,
    CASE WHEN arm != 'control' THEN stop END::BIGINT AS stop_after,
    CASE WHEN arm != 'control' THEN $list_cost ELSE 0 END::DECIMAL(18, 4) AS cost
FROM assigned
ORDER BY c
