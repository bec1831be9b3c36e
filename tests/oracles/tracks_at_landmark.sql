-- Tracks of leads at a landmark, written independently of features/tracks.py, models.py, stages.py.
-- Parameters: $landmark_days, $as_of. Tables: leads, assessments, interactions, order_lines.
WITH w AS (
    SELECT lead_id, customer_id, opened_at, quoted_price, quoted_at,
           opened_at::DATE + $landmark_days::INTEGER AS last_day
    FROM leads
    WHERE opened_at::DATE + $landmark_days::INTEGER <= $as_of::DATE
      AND (closed_at IS NULL OR closed_at::DATE > opened_at::DATE + $landmark_days::INTEGER)
), a AS (
    SELECT w.lead_id AS lead, w.opened_at, t.at AS t_at, t.*
    FROM w JOIN assessments t
      ON (t.lead_id = w.lead_id OR (t.lead_id IS NULL AND t.customer_id = w.customer_id))
    WHERE t.at >= w.opened_at AND t.known_at::DATE <= w.last_day
), numbers AS (
    SELECT lead, kind, value_num AS v, floor(epoch(t_at - opened_at) / 60) AS minute,
           row_number() OVER (PARTITION BY lead, kind ORDER BY known_at, t_at, value_num DESC) AS k
    FROM a WHERE value_num IS NOT NULL AND kind IN ('deal_probability', 'willingness_to_pay')
), falls AS (
    SELECT x.lead, max(y.v - x.v) AS drawdown,
           max(y.v - x.v) FILTER (WHERE y.k = x.k - 1) AS step,
           count(*) FILTER (WHERE y.k = x.k - 1 AND y.v <> x.v) AS n_changes
    FROM numbers x JOIN numbers y ON y.lead = x.lead AND y.kind = x.kind AND y.k <= x.k
    WHERE x.kind = 'deal_probability' GROUP BY x.lead
), turns AS (
    SELECT p.lead, count(*) AS n
    FROM numbers p JOIN numbers q ON q.lead = p.lead AND q.kind = p.kind AND q.k = p.k + 1
                   JOIN numbers r ON r.lead = p.lead AND r.kind = p.kind AND r.k = p.k + 2
    WHERE p.kind = 'deal_probability' AND (q.v - p.v) * (r.v - q.v) < 0
      AND round(abs(q.v - p.v), 6) >= 0.2 AND round(abs(r.v - q.v), 6) >= 0.2
    GROUP BY p.lead
), levels AS (
    SELECT lead, count(*) AS n, arg_min(v, k) AS first_value, arg_max(v, k) AS last_value,
           CASE WHEN count(DISTINCT minute) > 1 THEN regr_slope(v, minute) * 43200 END AS slope
    FROM numbers WHERE kind = 'deal_probability' GROUP BY lead
), wtp AS (
    SELECT lead, arg_max(v, k) AS v,
           CASE WHEN count(DISTINCT minute) > 1 THEN regr_slope(v, minute) * 43200 END AS slope
    FROM numbers WHERE kind = 'willingness_to_pay' GROUP BY lead
), wanted AS (
    SELECT lead, value_text AS m,
           row_number() OVER (PARTITION BY lead ORDER BY known_at, t_at, value_text) AS k
    FROM a WHERE kind = 'model_interest' AND value_text IS NOT NULL
), models AS (
    SELECT lead, count(DISTINCT m) AS n, arg_min(m, k) AS first_model, arg_max(m, k) AS last_model,
           (SELECT count(*) FROM wanted x JOIN wanted y
            ON y.lead = x.lead AND y.k = x.k + 1 AND y.m <> x.m
            WHERE x.lead = wanted.lead) AS n_switches
    FROM wanted GROUP BY lead
), monthly AS (
    SELECT product, date_trunc('month', known_at) AS month,
           median(list_amount::DOUBLE / coalesce(qty, 1)) AS price
    FROM order_lines
    WHERE product IS NOT NULL AND list_amount > 0 AND coalesce(qty, 1) > 0
    GROUP BY ALL
), priced AS (
    SELECT w.lead_id AS lead, m.n, m.n_switches, m.first_model, m.last_model,
           (SELECT arg_max(price, month) FROM monthly
            WHERE product = m.first_model
              AND month < date_trunc('month', w.last_day + INTERVAL 1 DAY)) AS first_price,
           (SELECT arg_max(price, month) FROM monthly
            WHERE product = m.last_model
              AND month < date_trunc('month', w.last_day + INTERVAL 1 DAY)) AS last_price
    FROM w JOIN models m ON m.lead = w.lead_id
), staged AS (
    SELECT lead, t_at, value_num AS v, value_text AS name,
           row_number() OVER (PARTITION BY lead ORDER BY known_at, t_at, coalesce(value_num, -1),
                              coalesce(value_text, '')) AS k
    FROM a WHERE kind = 'stage' AND (value_num IS NOT NULL OR value_text IS NOT NULL)
), moves AS (
    SELECT y.lead, max(y.k) AS k
    FROM staged y LEFT JOIN staged x ON x.lead = y.lead AND x.k = y.k - 1
    WHERE x.lead IS NULL OR x.name <> y.name OR x.v <> y.v
    GROUP BY y.lead
), stages AS (
    SELECT s.lead, greatest(count(DISTINCT name), count(DISTINCT v)) AS n,
           (array_agg(name ORDER BY s.k DESC))[1] AS last_stage,
           (array_agg(v ORDER BY s.k DESC))[1] AS last_level,
           max(s.t_at) FILTER (WHERE s.k = moves.k) AS since
    FROM staged s JOIN moves ON moves.lead = s.lead
    GROUP BY s.lead
), contacts AS (
    SELECT w.lead_id AS lead, count(*) AS n, count(*) FILTER (WHERE direction = 'in') AS n_in,
           max(i.at) AS contact_at,
           max(i.at) FILTER (WHERE direction = 'in' OR reached) AS heard_at
    FROM w JOIN interactions i
      ON (i.lead_id = w.lead_id
          OR (i.lead_id IS NULL AND i.customer_id = w.customer_id AND i.round_id IS NULL))
    WHERE i.at >= w.opened_at AND i.known_at::DATE <= w.last_day
    GROUP BY w.lead_id
)
SELECT w.lead_id, coalesce(levels.n, 0) AS n_assessments, first_value, last_value,
       last_value - first_value AS net_change,
       CASE WHEN levels.n IS NOT NULL THEN n_changes END AS n_changes,
       CASE WHEN levels.n IS NOT NULL THEN greatest(coalesce(step, 0), 0) END AS largest_drop,
       drawdown AS max_drawdown,
       CASE WHEN levels.n IS NOT NULL THEN coalesce(turns.n, 0) END AS n_reversals,
       levels.slope AS slope_per_30_days,
       wtp.v AS wtp_last, wtp.slope AS wtp_slope_per_30_days,
       CASE WHEN quoted_at::DATE <= last_day AND quoted_price > 0
            THEN 1 - wtp.v / quoted_price::DOUBLE END AS wtp_gap_share,
       coalesce(priced.n, 0) AS n_models, coalesce(priced.n_switches, 0) AS n_model_switches,
       CASE WHEN first_model = last_model THEN 0 ELSE sign(last_price - first_price) END
           AS model_direction,
       coalesce(stages.n, 0) AS n_stages, last_stage, last_level AS last_stage_level,
       last_day - since::DATE AS days_in_stage,
       last_day - coalesce(heard_at, w.opened_at)::DATE AS silent_days,
       last_day - coalesce(contact_at, w.opened_at)::DATE AS idle_days,
       n_in / contacts.n AS customer_initiative_share
FROM w LEFT JOIN levels ON levels.lead = w.lead_id
       LEFT JOIN falls ON falls.lead = w.lead_id
       LEFT JOIN turns ON turns.lead = w.lead_id
       LEFT JOIN wtp ON wtp.lead = w.lead_id
       LEFT JOIN priced ON priced.lead = w.lead_id
       LEFT JOIN stages ON stages.lead = w.lead_id
       LEFT JOIN contacts ON contacts.lead = w.lead_id
ORDER BY w.lead_id
