-- Interaction indicators at a landmark by hand: one window pass, then one aggregation.
WITH windows AS (
    SELECT lead_id AS lead, customer_id, opened_at,
           opened_at::DATE + $landmark_days::INTEGER AS last_day,
           (opened_at::DATE + ($landmark_days::INTEGER + 1))::TIMESTAMP AS stop
    FROM leads
    WHERE opened_at::DATE + $landmark_days::INTEGER <= $as_of::DATE
      AND (closed_at IS NULL OR closed_at::DATE > opened_at::DATE + $landmark_days::INTEGER)
), told AS (
    SELECT w.lead, w.opened_at, w.last_day, w.stop, i.interaction_id, i."at", i.direction,
           i.channel, i.goal IS NOT NULL AS has_goal, i.goal_met, i.issue_left IS NOT NULL AS has_issue,
           i.issue_closed_at, i.asked_at, i.answered_at
    FROM interactions i JOIN windows w ON i.lead_id = w.lead
    WHERE i."at" >= w.opened_at AND i.known_at < w.stop
    UNION ALL
    SELECT w.lead, w.opened_at, w.last_day, w.stop, i.interaction_id, i."at", i.direction,
           i.channel, i.goal IS NOT NULL, i.goal_met, i.issue_left IS NOT NULL,
           i.issue_closed_at, i.asked_at, i.answered_at
    FROM interactions i JOIN windows w ON i.customer_id = w.customer_id
    WHERE i.lead_id IS NULL AND i.round_id IS NULL
      AND i."at" >= w.opened_at AND i.known_at < w.stop
), placed AS (
    SELECT * EXCLUDE (interaction_id),
           row_number() OVER along AS place,
           "at"::DATE - lag("at"::DATE) OVER along AS gap
    FROM told
    WINDOW along AS (PARTITION BY lead ORDER BY "at", interaction_id)
), sums AS (
    SELECT lead,
           count(*) AS n, count(*) FILTER (direction = 'out') AS n_out,
           min("at") FILTER (direction = 'out') AS first_out,
           min("at") AS first_at, max("at") AS last_at,
           arg_max(direction, place) AS last_direction,
           arg_min(channel, place) AS first_channel,
           count(DISTINCT channel) AS n_channels,
           sum(gap) AS gaps, sum(gap * gap) AS gaps_squared, max(gap) AS longest,
           arg_max(gap, place) AS last_gap, max(gap) FILTER (place = 2) AS first_gap,
           count(*) FILTER (direction = 'in' AND asked_at IS NOT NULL
                            AND (answered_at IS NULL OR answered_at >= stop)) AS n_unanswered,
           min(asked_at) FILTER (direction = 'in' AND asked_at IS NOT NULL
                            AND (answered_at IS NULL OR answered_at >= stop)) AS oldest_question,
           count(*) FILTER (has_goal) AS n_goals,
           count(goal_met) AS n_judged, count(*) FILTER (goal_met) AS n_met,
           count(*) FILTER (has_issue) AS n_issues,
           count(*) FILTER (has_issue AND (issue_closed_at IS NULL OR issue_closed_at >= stop))
               AS n_issues_open,
           min("at") FILTER (has_issue AND (issue_closed_at IS NULL OR issue_closed_at >= stop))
               AS oldest_issue,
           count(*) FILTER (channel = 'meet') AS meet, count(*) FILTER (channel = 'call') AS call,
           count(*) FILTER (channel = 'sms') AS sms, count(*) FILTER (channel = 'qq') AS qq,
           count(*) FILTER (channel = 'wechat') AS wechat, count(*) FILTER (channel = 'im') AS im,
           count(*) FILTER (channel = 'email') AS email, count(*) FILTER (channel = 'sns') AS sns,
           count(*) FILTER (channel = 'blog') AS blog, count(*) FILTER (channel = 'event') AS event,
           count(*) FILTER (channel = 'other') AS other
    FROM placed GROUP BY lead
)
SELECT w.lead AS lead_id,
       date_diff('second', w.opened_at, first_out) / 3600 AS first_response_hours,
       hour(first_out) AS first_contact_hour,
       isodow(first_out) - 1 AS first_contact_weekday,
       coalesce(n, 0) AS n_contacts,
       coalesce(n, 0) * 7 / $landmark_days::INTEGER AS contacts_per_week,
       last_day - last_at::DATE AS days_since_last_contact,
       last_at::DATE - first_at::DATE AS contact_span_days,
       gaps / nullif(n - 1, 0) AS mean_gap_days,
       CASE WHEN n >= 3 AND gaps > 0
            THEN sqrt(greatest(gaps_squared - gaps * (gaps / (n - 1)), 0) / (n - 2))
                 / (gaps / (n - 1)) END AS gap_cv,
       longest AS longest_gap_days,
       CASE WHEN n >= 3 THEN last_gap - first_gap END AS gap_trend_days,
       n_out / n AS outbound_share,
       CASE last_direction WHEN 'out' THEN 0 ELSE 1 END + 0 * n AS last_by_customer,
       coalesce(n_unanswered, 0) AS n_unanswered,
       last_day - oldest_question::DATE AS oldest_unanswered_days,
       coalesce(n_channels, 0) AS n_channels, first_channel,
       meet / n AS meet_share, call / n AS call_share, sms / n AS sms_share, qq / n AS qq_share,
       wechat / n AS wechat_share, im / n AS im_share, email / n AS email_share,
       sns / n AS sns_share, blog / n AS blog_share, event / n AS event_share,
       other / n AS other_share,
       n_goals / n AS goal_stated_share, n_met / nullif(n_judged, 0) AS goal_met_share,
       coalesce(n_issues_open, 0) AS n_open_issues,
       last_day - oldest_issue::DATE AS oldest_open_issue_days,
       (n_issues - n_issues_open) / nullif(n_issues, 0) AS issue_closed_share
FROM windows w LEFT JOIN sums s ON s.lead = w.lead
