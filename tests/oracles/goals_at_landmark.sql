-- The sequence of goals at a landmark, written independently of features/goals.py.
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
), s AS (
    SELECT lead, list(goal ORDER BY "at", interaction_id) AS stated,
           list(goal_met ORDER BY "at", interaction_id)
               FILTER (WHERE goal_met IS NOT NULL) AS judged
    FROM c WHERE goal IS NOT NULL GROUP BY lead
)
SELECT w.lead_id,
       CASE WHEN stated IS NOT NULL THEN
           len(list_filter(range(2, len(stated) + 1), i -> stated[i] <> stated[i - 1]))
       END AS n_goal_changes,
       CASE WHEN len(judged) > 0 THEN
           coalesce(list_position(list_reverse(judged), true) - 1, len(judged))
       END AS goals_missed_running
FROM w LEFT JOIN s ON s.lead = w.lead_id
ORDER BY w.lead_id
