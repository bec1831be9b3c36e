-- Customers of one chunk with their hidden rhythm and leaving. No profile field drives anything.

CREATE OR REPLACE TEMP TABLE people AS
WITH born AS (
    SELECT
        c,
        CASE WHEN u('old', c) < $p_old THEN -700 * u('created', c)
             ELSE ($export_day - 20) * u('created', c) END AS created,
        u('shop', c) < $p_shop AS shop,
        CASE WHEN u('rhythm', c) < 0.35 THEN 30.0 WHEN u('rhythm', c) < 0.75 THEN 90.0 ELSE 180.0 END
            * exp(0.15 * z('rhythm', c)) * $gap_scale AS gap,
        rep_name(1 + floor($n_reps * u('owner', c))::INT) AS owner,
        floor(wait('leads', c) * $lead_scale)::BIGINT AS n_leads
    FROM range($low, $high) AS chunk(c)
), left_some AS (
    SELECT *, CASE WHEN shop THEN until_export(greatest(created, 0) + 5 + wait('left', c) / $leave)
         END AS gone
    FROM born
)
SELECT
    *,
    greatest(created, 0) AS begins,
    coalesce(gone, $export_day) AS ends,
    CASE WHEN gone < $round_1 - 30 AND u('round', c) < $p_round THEN 1
         WHEN gone < $round_2 - 30 AND u('round', c) BETWEEN $p_round AND 2 * $p_round THEN 2
         WHEN gone < $round_3 - 30 AND u('round', c) BETWEEN 2 * $p_round AND 3 * $p_round THEN 3
    END AS round
FROM left_some;

-- What each customer of a win-back round will do; arms and the third contact are drawn by lot.
CREATE OR REPLACE TEMP TABLE assigned AS
WITH arms AS (
    SELECT
        c, owner, gap, round,
        CASE round WHEN 1 THEN '$name_1' WHEN 2 THEN '$name_2' ELSE '$name_3' END AS round_id,
        CASE round WHEN 1 THEN $round_1 WHEN 2 THEN $round_2 ELSE $round_3 END + 9 / 24 AS day,
        pick('arm', c, ['control', 'discount', 'care']) AS arm,
        CASE WHEN u('stop', c) < 0.5 THEN 2 ELSE 3 END AS stop
    FROM people WHERE round IS NOT NULL
), early AS (
    SELECT *, u('early', c) < CASE arm WHEN 'control' THEN $early_control
        WHEN 'discount' THEN $early_discount ELSE $early_care END AS first
    FROM arms
), later AS (
    SELECT *, NOT first AND u('late', c) < CASE WHEN arm = 'control' THEN $late_control
        WHEN stop = 3 THEN $late_3 ELSE $late_2 END AS second
    FROM early
), back AS (
    SELECT
        *,
        CASE WHEN first THEN day + 6 + 22 * u('return', c)
             WHEN second THEN day + 36 + 52 * u('return', c) END AS returned,
        CASE WHEN arm != 'control' AND NOT first AND NOT second
              AND u('opt out', c) < CASE WHEN stop = 3 THEN $out_3 ELSE $out_2 END
             THEN day + 34 + 16 * u('out day', c) END AS opted_out
    FROM later
)
SELECT
    *,
    CASE WHEN returned IS NOT NULL AND u('again', c) < CASE WHEN arm = 'discount'
        THEN $again_discount ELSE $again_other END THEN returned + 25 + 30 * u('again day', c) END AS again,
    CASE WHEN stop = 3 AND NOT coalesce(returned < day + 30, false) THEN 3 ELSE 2 END AS n_calls,
    floor(day) + 2 + floor(3 * u('call', c)) + 0.45 AS first_call
FROM back;
