-- Reach and routes after a failure at a landmark, written independently of features/routes.py.
-- Parameters: $landmark_days, $as_of. Tables: leads, interactions.
WITH w AS (
    SELECT lead_id, customer_id, opened_at,
           opened_at::DATE + $landmark_days::INTEGER AS last_day
    FROM leads
    WHERE opened_at::DATE + $landmark_days::INTEGER <= $as_of::DATE
      AND (closed_at IS NULL OR closed_at::DATE > opened_at::DATE + $landmark_days::INTEGER)
), c AS (
    SELECT w.lead_id AS lead, w.opened_at, w.last_day, i.*
    FROM w JOIN interactions i
      ON (i.lead_id = w.lead_id
          OR (i.lead_id IS NULL AND i.round_id IS NULL AND i.customer_id = w.customer_id))
    WHERE i.at >= w.opened_at AND i.known_at::DATE <= w.last_day
), t AS (
    SELECT *, row_number() OVER (PARTITION BY lead ORDER BY "at", interaction_id) AS k
    FROM c WHERE direction = 'out' AND reached IS NOT NULL
), share AS (
    SELECT lead, avg(reached::INTEGER) AS reached_share FROM t GROUP BY lead
), pairs AS (
    SELECT a.lead, avg((a.channel <> b.channel)::INTEGER) AS other_route_share
    FROM t a JOIN t b ON a.lead = b.lead AND a.k = b.k + 1
    WHERE NOT b.reached GROUP BY a.lead
)
SELECT w.lead_id, reached_share, other_route_share
FROM w LEFT JOIN share ON share.lead = w.lead_id LEFT JOIN pairs ON pairs.lead = w.lead_id
ORDER BY w.lead_id
