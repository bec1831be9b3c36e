WITH drawn AS (
    SELECT *, draw * 4 + part AS key, NOT inbound AS outbound,
        coalesce(channel, CASE WHEN u('channel', draw * 4 + part) < 0.40 THEN 'call'
            WHEN u('channel', draw * 4 + part) < 0.64 THEN 'wechat'
            WHEN u('channel', draw * 4 + part) < 0.76 THEN 'meet'
            WHEN u('channel', draw * 4 + part) < 0.86 THEN 'sms'
            WHEN u('channel', draw * 4 + part) < 0.91 THEN 'qq'
            WHEN u('channel', draw * 4 + part) < 0.96 THEN 'email'
            WHEN u('channel', draw * 4 + part) < 0.99 THEN 'im' ELSE 'sns' END) AS via
    FROM contacts
), filled AS (
    SELECT *,
        u('goal', key) < 0.6 AS has_goal,
        NOT first AND u('left', key) < 0.15 AS leaves,
        inbound AND u('asks', key) < 0.6 AS asks
    FROM drawn
)
SELECT
    'A' || lpad(($offset + row_number() OVER (ORDER BY c, day, key))::VARCHAR, 10, '0')
        AS interaction_id,
    customer_name(c) AS customer_id,
    CASE WHEN k IS NOT NULL THEN lead_name(c, k) END AS lead_id,
    stamp(day) AS "at",
    typed(typed) AS recorded_at,
    CASE WHEN inbound THEN 'in' ELSE 'out' END AS direction,
    via AS channel,
    rep_id,
    purpose,
    CASE WHEN has_goal THEN pick('goal text', key, ['报价', 'demo', '了解需求', '约见面', 'close'])
    END AS goal,
    CASE WHEN has_goal AND u('judged goal', key) < 0.9 THEN u('met', key) < 0.5 END AS goal_met,
    CASE WHEN leaves THEN pick('issue', key, ['缺样品', '等报价', 'delivery date']) END AS issue_left,
    CASE WHEN leaves THEN stamp(until_export(day + 8 * wait('settled', key))) END AS issue_closed_at,
    CASE WHEN asks THEN stamp(day) END AS asked_at,
    CASE WHEN asks AND u('answers', key) < 0.9
         THEN stamp(until_export(day + 0.8 * wait('answer', key))) END AS answered_at,
    CASE WHEN outbound THEN got END AS reached,
    attempt::BIGINT AS attempt_no,
    round_id,
    CASE WHEN outbound THEN u('script', key) < 0.2 END AS is_scripted,
    round(5 * (wait('minutes', key) + wait('more minutes', key))) AS minutes,
    CASE WHEN outbound THEN coalesce(cost, CASE via WHEN 'call' THEN 3 WHEN 'meet' THEN 25
        WHEN 'email' THEN 0.2 WHEN 'sms' THEN 0.1 ELSE 0.5 END)::DECIMAL(18, 4) END AS cost,
    CASE WHEN outbound AND u('checked', key) < 0.1 THEN u('passed', key) < 0.93 END AS qa_passed,
    CASE WHEN inbound THEN u('discount', key) < 0.1 END AS discount_asked
FROM filled
ORDER BY c, day, key
