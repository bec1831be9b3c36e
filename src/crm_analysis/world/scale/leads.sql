-- Leads of one chunk with their hidden end: competing hazards of lost, won and void.
-- key = c * 65536 + k names the k-th lead of customer c in every draw.

CREATE OR REPLACE TEMP TABLE deals AS
WITH opened AS (
    SELECT
        c, k, c * 65536 + k AS key,
        begins + (ends - begins) * u('opened', c * 65536 + k) AS opened,
        1 + floor($n_reps * u('rep', c * 65536 + k))::INT AS rep,
        least(greatest($sd_log2 * z('response', c * 65536 + k), -4), 3) AS x
    FROM people, unnest(range(n_leads)) AS places(k)
), rates AS (
    SELECT
        *,
        $loss * exp($slope_loss * x) * CASE WHEN rep = $hard_rep THEN $hr_rep ELSE 1 END AS loss,
        $win * exp($slope_win * x) AS win
    FROM opened
), ended AS (
    SELECT
        *,
        opened + $first_closing + wait('life', key) / (loss + win + $void) AS ended,
        CASE WHEN u('cause', key) * (loss + win + $void) < loss THEN 'lost'
             WHEN u('cause', key) * (loss + win + $void) < loss + win THEN 'won'
             ELSE 'void' END AS cause
    FROM rates
)
SELECT
    c, k, key, opened, rep, ended, cause,
    opened + $median_hours * pow(2, x) / 24 AS answered,
    until_export(ended) AS closed,
    CASE WHEN ended < $export_day THEN cause ELSE 'open' END AS status,
    least(
        ended, $export_day,
        CASE WHEN ended - opened > 45 AND u('forgotten', key) < $p_forgotten
             THEN opened + 45 + 15 * u('forgotten day', key) END
    ) AS last_day,
    round(exp(6.6 + 0.6 * z('amount', key)), 2) AS amount,
    pick('product', key, $products) AS product
FROM ended;

-- The rep's deal probability every six days, in steps of 10 %; other kinds on some of the days.
CREATE OR REPLACE TEMP TABLE judged AS
WITH tracks AS (
    SELECT
        *,
        CASE WHEN cause = 'lost' THEN CASE WHEN u('track', key) < 0.26 THEN 'fall'
                WHEN u('track', key) < 0.52 THEN 'drop' WHEN u('track', key) < 0.76 THEN 'wave'
                ELSE 'rise' END
             WHEN u('track', key) < 0.10 THEN 'wave' WHEN u('track', key) < 0.70 THEN 'rise'
             WHEN u('track', key) < 0.82 THEN 'plateau' ELSE 'dip' END AS track,
        greatest(floor((last_day - answered - 0.1) / 6), 0)::INT AS n_more
    FROM deals WHERE answered + 0.1 < last_day
), days AS (
    SELECT *, key * 16384 + turn AS draw,
        answered + 0.1 + 6 * turn + CASE WHEN turn > 0 THEN 2 * u('judged', key * 16384 + turn) ELSE 0 END
            AS day
    FROM tracks, unnest(range(n_more + 1)) AS turns(turn)
), levels AS (
    SELECT *,
        least(0.30 + 0.012 * (day - opened), 0.85) AS rise,
        CASE track
            WHEN 'fall' THEN 0.65 - 0.55 * least(greatest((28 - (ended - day)) / 28, 0), 1)
            WHEN 'drop' THEN CASE WHEN ended - day < 10 THEN 0.10 ELSE 0.70 END
            WHEN 'wave' THEN 0.50 + 0.30 * sin(2 * pi() * (day - opened) / 24)
            WHEN 'plateau' THEN 0.55
        END AS level
    FROM days WHERE day < last_day
)
SELECT c, k, key, draw, day, amount, product,
    least(greatest(round(10 * (
        CASE track WHEN 'rise' THEN rise
            WHEN 'dip' THEN CASE WHEN day - opened BETWEEN 10 AND 30 THEN 0.25 ELSE rise + 0.1 END
            ELSE level END
        + 0.05 * z('noise', draw))) / 10, 0), 1) AS value
FROM levels;

CREATE OR REPLACE TEMP TABLE assessments AS
SELECT c, k, draw, day, 'deal_probability' AS kind, value AS value_num, NULL AS value_text, 'rep' AS judge
FROM judged
UNION ALL
SELECT c, k, draw, day, 'willingness_to_pay', round(amount * (0.8 + 0.3 * u('pay', draw)), 2), NULL,
    'customer'
FROM judged WHERE u('pays', draw) < 0.10
UNION ALL
SELECT c, k, draw, day, 'model_interest', NULL, product, 'customer'
FROM judged WHERE u('model', draw) < 0.08
UNION ALL
SELECT c, k, draw, day, 'stage', (1 + floor(4 * u('stage', draw))) / 4,
    (['contacted', 'interested', 'quoted', 'decision'])[1 + floor(4 * u('stage', draw))::INT], 'system'
FROM judged WHERE u('staged', draw) < 0.12;
