SELECT
    customer_name(c) AS customer_id,
    lead_name(c, k) AS lead_id,
    stamp(day) AS "at",
    typed(day + $delay * wait('judgement typed', draw)) AS recorded_at,
    kind,
    value_num,
    value_text,
    judge AS "by"
FROM assessments
ORDER BY c, day, k, kind
