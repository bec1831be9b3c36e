-- Half of the reps' reasons are typed on a clean-up day half a year late and turn into "price".
WITH lost AS (
    SELECT c, k, key, closed, $clean_up AS clean,
        $true_code AS truth,
        pick('other code', key, $codes) AS other
    FROM deals WHERE status = 'lost'
), prompt AS (
    SELECT *, coalesce(u('late', key) < $p_late AND clean IS NOT NULL, false) AS is_late,
        CASE WHEN u('right', key) < $p_right THEN truth ELSE other END AS said
    FROM lost
), told AS (
    SELECT c, k, key * 2 AS draw, closed AS event, closed AS said_day, 'rep_opinion' AS source,
        false AS prompted,
        CASE WHEN is_late THEN clean + (14 + 4 * u('clean hour', key)) / 24
             ELSE closed + 4 * wait('reason typed', key) END AS typed,
        CASE WHEN is_late AND u('to price', key) < $p_to_price THEN 'price' ELSE said END AS code
    FROM prompt WHERE u('reason', key) < 0.92
    UNION ALL
    SELECT c, k, key * 2 + 1, closed, office('callback', key, closed + 14 + 26 * u('call day', key)),
        'callback', u('prompted', key) < 0.3,
        office('callback', key, closed + 14 + 26 * u('call day', key)) + 0.05,
        CASE WHEN u('right again', key) < $p_right_callback THEN truth ELSE other END
    FROM prompt WHERE u('called back', key) < $p_callback
), worded AS (
    SELECT *,
        CASE WHEN u('lang', draw) < 0.62 THEN 'zh-Hans' WHEN u('lang', draw) < 0.80 THEN 'zh-Hant'
             ELSE 'en' END AS lang,
        1 + floor(2 * u('wording', draw))::INT AS wording,
        u('coded', draw) < 0.25 AS coded
    FROM told WHERE typed < $export_day AND said_day < $export_day
)
SELECT
    'Y' || lpad(($offset + row_number() OVER (ORDER BY c, event, draw))::VARCHAR, 9, '0') AS reason_id,
    customer_name(c) AS customer_id,
    lead_name(c, k) AS lead_id,
    'lead_loss' AS about,
    stamp(event) AS event_at,
    stamp(said_day) AS said_at,
    typed(typed) AS recorded_at,
    source,
    prompted,
    words.text,
    CASE WHEN u('lang told', draw) < 0.7 THEN worded.lang END AS lang,
    CASE WHEN coded THEN worded.code END AS code_a,
    CASE WHEN coded THEN CASE WHEN u('second coder', draw) < 0.9 THEN worded.code
        ELSE pick('second code', draw, $codes) END END AS code_b
FROM worded JOIN words USING (code, lang, wording)
ORDER BY c, event, draw
