-- Open cases of the customer at a landmark, written independently of features/cases.py.
-- Parameters: $landmark_days, $as_of. Tables: leads, issues.
WITH w AS (
    SELECT lead_id, customer_id, opened_at,
           opened_at::DATE + $landmark_days::INTEGER AS last_day
    FROM leads
    WHERE opened_at::DATE + $landmark_days::INTEGER <= $as_of::DATE
      AND (closed_at IS NULL OR closed_at::DATE > opened_at::DATE + $landmark_days::INTEGER)
), c AS (
    SELECT w.lead_id, w.last_day, i.opened_at,
           coalesce(i.resolved_at::DATE > w.last_day, true) AS is_open
    FROM w JOIN issues i ON i.customer_id = w.customer_id
    WHERE i.known_at::DATE <= w.last_day AND i.opened_at >= w.last_day + 1 - INTERVAL 365 DAY
), a AS (
    SELECT lead_id, count(*) FILTER (WHERE is_open) AS n_open,
           min(opened_at) FILTER (WHERE is_open) AS oldest,
           avg((NOT is_open)::INTEGER) AS case_closed_share
    FROM c GROUP BY lead_id
)
SELECT w.lead_id, coalesce(n_open, 0) AS n_open_cases,
       last_day - oldest::DATE AS oldest_open_case_days, case_closed_share
FROM w LEFT JOIN a ON a.lead_id = w.lead_id
ORDER BY w.lead_id
