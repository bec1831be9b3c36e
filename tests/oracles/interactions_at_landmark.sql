-- Interaction indicators at a landmark, written independently of features/interactions.py.
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
), g AS (
    SELECT lead, "at", interaction_id,
           date_diff('day', lag("at") OVER o, "at") AS gap
    FROM c WINDOW o AS (PARTITION BY lead ORDER BY "at", interaction_id)
), gaps AS (
    SELECT lead, avg(gap) AS mean_gap_days, max(gap) AS longest_gap_days,
           CASE WHEN count(gap) >= 2 THEN stddev_samp(gap) / nullif(avg(gap), 0) END AS gap_cv,
           CASE WHEN count(gap) >= 2
                THEN last(gap ORDER BY "at", interaction_id)
                   - first(gap ORDER BY "at", interaction_id) FILTER (WHERE gap IS NOT NULL)
           END AS gap_trend_days
    FROM g GROUP BY lead
), a AS (
    SELECT lead,
           count(*) AS n_contacts,
           min("at") FILTER (WHERE direction = 'out') AS first_out,
           max("at") AS last_at, min("at") AS first_at,
           avg((direction = 'out')::INTEGER) AS outbound_share,
           last((direction = 'in')::BIGINT ORDER BY "at", interaction_id) AS last_by_customer,
           first(channel ORDER BY "at", interaction_id) AS first_channel,
           count(DISTINCT channel) AS n_channels,
           count(*) FILTER (WHERE direction = 'in' AND asked_at IS NOT NULL
                            AND coalesce(answered_at::DATE > last_day, true)) AS n_unanswered,
           min(asked_at) FILTER (WHERE direction = 'in'
                            AND coalesce(answered_at::DATE > last_day, true)) AS oldest_question,
           avg((goal IS NOT NULL)::INTEGER) AS goal_stated_share,
           avg(goal_met::INTEGER) AS goal_met_share,
           count(*) FILTER (WHERE issue_left IS NOT NULL
                            AND coalesce(issue_closed_at::DATE > last_day, true)) AS n_open_issues,
           min("at") FILTER (WHERE issue_left IS NOT NULL
                            AND coalesce(issue_closed_at::DATE > last_day, true)) AS oldest_issue,
           avg((issue_closed_at::DATE <= last_day AND issue_closed_at IS NOT NULL)::INTEGER)
               FILTER (WHERE issue_left IS NOT NULL) AS issue_closed_share,
           avg((channel = 'meet')::INTEGER) AS meet_share,
           avg((channel = 'call')::INTEGER) AS call_share,
           avg((channel = 'sms')::INTEGER) AS sms_share,
           avg((channel = 'qq')::INTEGER) AS qq_share,
           avg((channel = 'wechat')::INTEGER) AS wechat_share,
           avg((channel = 'im')::INTEGER) AS im_share,
           avg((channel = 'email')::INTEGER) AS email_share,
           avg((channel = 'sns')::INTEGER) AS sns_share,
           avg((channel = 'blog')::INTEGER) AS blog_share,
           avg((channel = 'event')::INTEGER) AS event_share,
           avg((channel = 'other')::INTEGER) AS other_share
    FROM c GROUP BY lead
)
SELECT w.lead_id,
       date_diff('second', w.opened_at, first_out) / 3600.0 AS first_response_hours,
       hour(first_out) AS first_contact_hour,
       isodow(first_out) - 1 AS first_contact_weekday,
       coalesce(n_contacts, 0) AS n_contacts,
       coalesce(n_contacts, 0) / ($landmark_days / 7.0) AS contacts_per_week,
       last_day - last_at::DATE AS days_since_last_contact,
       last_at::DATE - first_at::DATE AS contact_span_days,
       mean_gap_days, gap_cv, longest_gap_days, gap_trend_days,
       outbound_share, last_by_customer,
       coalesce(n_unanswered, 0) AS n_unanswered,
       last_day - oldest_question::DATE AS oldest_unanswered_days,
       coalesce(n_channels, 0) AS n_channels,
       first_channel,
       meet_share, call_share, sms_share, qq_share, wechat_share, im_share, email_share,
       sns_share, blog_share, event_share, other_share,
       goal_stated_share, goal_met_share,
       coalesce(n_open_issues, 0) AS n_open_issues,
       last_day - oldest_issue::DATE AS oldest_open_issue_days,
       issue_closed_share
FROM w LEFT JOIN a ON a.lead = w.lead_id LEFT JOIN gaps ON gaps.lead = w.lead_id
ORDER BY w.lead_id
