-- Contacts of one chunk: on leads, back-filled notes, win-back calls, and care that fills up to
-- the ordered number of events. The number of contacts on a lead is Poisson and drives nothing.

CREATE OR REPLACE TEMP TABLE contacts AS
WITH slots AS (
    SELECT *, key * 1024 + slot AS place,
        poisson('contacts', key * 1024 + slot, 0.367879, 0.735759, 0.919699, 0.981012, 0.996340, 0.999406)
            AS n
    FROM deals, unnest(range(ceil(greatest(last_day - answered, 0) * $rate)::BIGINT)) AS places(slot)
), later AS (
    SELECT c, k, rep, ended, cause, place * 16 + i AS draw, last_day,
        answered + (slot + u('contact day', place * 16 + i)) / $rate AS day
    FROM slots, unnest(range(n)) AS places(i)
), on_leads AS (
    SELECT c, k, rep, ended, cause, key * 16384 + 16383 AS draw, answered AS day, true AS first
    FROM deals WHERE answered < last_day
    UNION ALL
    SELECT c, k, rep, ended, cause, draw, day, false FROM later WHERE day < last_day
), sides AS (
    SELECT *, cause = 'lost' AND ended - day < $quiet_days AS quiet FROM on_leads
), told AS (
    SELECT *, NOT first AND u('inbound', draw) < CASE WHEN quiet THEN $in_quiet ELSE $in_share END
            AS inbound,
        first OR u('reached', draw) < CASE WHEN quiet THEN $reached_quiet ELSE $reached END AS got
    FROM sides
), notes AS (
    SELECT *, key * 16384 + 8192 + i AS draw
    FROM deals, unnest(range(CASE status
        WHEN 'lost' THEN poisson('notes', key, 0.2019, 0.5249, 0.7834, 0.9212, 0.9763, 0.9940)
        WHEN 'won' THEN poisson('notes', key, 0.8187, 0.9825, 0.9989, 0.9999, 1.0, 1.0) ELSE 0 END
        )) AS places(i)
    WHERE rep = $backfill_rep AND closed IS NOT NULL
), calls AS (
    SELECT *, c * 4 + attempt AS draw,
        CASE attempt WHEN 1 THEN first_call
             WHEN 2 THEN office('second call', c, day + 5.5)
             ELSE office('third call', c, day + 30.5) END AS moment
    FROM assigned, unnest([1, 2, 3]) AS places(attempt)
    WHERE arm != 'control' AND attempt <= n_calls
)
SELECT 0 AS part, draw, c, k, day, first,
    day + $delay * wait('typed', draw) AS typed, inbound, got, rep_name(rep) AS rep_id,
    CASE WHEN NOT inbound THEN CASE WHEN u('purpose', draw) < 0.45 THEN 'sell'
        WHEN u('purpose', draw) < 0.80 THEN 'follow_up' WHEN u('purpose', draw) < 0.92 THEN 'solve'
        ELSE 'care' END END AS purpose,
    NULL AS channel, NULL AS cost, NULL AS attempt, NULL AS round_id
FROM told
UNION ALL
SELECT 1, draw, c, k, opened + (closed - opened) * u('note day', draw), false,
    least(closed + 4 + 8 * u('note typed', draw), $export_day - 0.01), false, true, rep_name(rep),
    'follow_up', NULL, NULL, NULL, NULL
FROM notes
UNION ALL
SELECT 2, draw, c, NULL, moment, false, moment + 0.02, false, u('call reached', draw) < 0.68, owner,
    CASE WHEN attempt = 1 THEN 'survey' ELSE 'winback' END, 'call', $contact_cost, attempt, round_id
FROM calls WHERE moment < $export_day;
