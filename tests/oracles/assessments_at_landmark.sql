-- The track of deal probabilities at a landmark, written independently of features/assessments.py.
-- Parameters: $landmark_days, $as_of. Tables: leads, assessments.
WITH w AS (
    SELECT lead_id, customer_id, opened_at,
           opened_at::DATE + $landmark_days::INTEGER AS last_day
    FROM leads
    WHERE opened_at::DATE + $landmark_days::INTEGER <= $as_of::DATE
      AND (closed_at IS NULL OR closed_at::DATE > opened_at::DATE + $landmark_days::INTEGER)
), c AS (
    SELECT w.lead_id AS lead, a.at, a.known_at, a.value_num AS v,
           row_number() OVER (PARTITION BY w.lead_id ORDER BY a.known_at, a.at, a.value_num DESC) AS k
    FROM w JOIN assessments a
      ON (a.lead_id = w.lead_id OR (a.lead_id IS NULL AND a.customer_id = w.customer_id))
    WHERE a.kind = 'deal_probability' AND a.value_num IS NOT NULL
      AND a.at >= w.opened_at AND a.known_at::DATE <= w.last_day
), falls AS (
    -- every earlier assessment of the same track: the worst fall is the drawdown
    SELECT x.lead, max(y.v - x.v) AS drawdown,
           max(y.v - x.v) FILTER (WHERE y.k = x.k - 1) AS step
    FROM c x JOIN c y ON y.lead = x.lead AND y.k <= x.k
    GROUP BY x.lead
), turns AS (
    SELECT a.lead, count(*) AS n
    FROM c a JOIN c b ON b.lead = a.lead AND b.k = a.k + 1
             JOIN c d ON d.lead = a.lead AND d.k = a.k + 2
    WHERE (b.v - a.v) * (d.v - b.v) < 0 AND round(abs(b.v - a.v), 6) >= 0.2
      AND round(abs(d.v - b.v), 6) >= 0.2
    GROUP BY a.lead
), sums AS (
    SELECT lead, count(*) AS n, arg_min(v, k) AS first_value, arg_max(v, k) AS last_value
    FROM c GROUP BY lead
)
SELECT w.lead_id, first_value, last_value,
       CASE WHEN sums.n IS NOT NULL THEN greatest(coalesce(step, 0), 0) END AS largest_drop,
       drawdown AS max_drawdown,
       coalesce(sums.n, 0) AS n_assessments,
       last_value - first_value AS net_change,
       CASE WHEN sums.n IS NOT NULL THEN coalesce(turns.n, 0) END AS n_reversals
FROM w LEFT JOIN sums ON sums.lead = w.lead_id
       LEFT JOIN falls ON falls.lead = w.lead_id
       LEFT JOIN turns ON turns.lead = w.lead_id
ORDER BY w.lead_id
