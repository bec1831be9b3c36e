-- Orders of one chunk: each customer at an own rhythm (the j-th order within half a gap of its
-- turn) until leaving, the orders of won leads, and those of the ones who came back.

CREATE OR REPLACE TEMP TABLE orders AS
WITH turns AS (
    SELECT c, c * 65536 + j AS key, j, ends,
        begins + gap * (u('phase', c) + j + 0.998 * (u('turn', c * 65536 + j) - 0.5)) AS day, begins
    FROM people, unnest(range(least(ceil((ends - begins) / gap) + 1, 65535)::BIGINT)) AS places(j)
    WHERE shop
), joined AS (
    SELECT c, key * 8 AS key, 'P' || j AS name, day, NULL AS k, NULL AS product, NULL AS round_id,
        0.0 AS discount, 1.0 AS size, false AS kept
    FROM turns WHERE day >= begins AND day < ends
    UNION ALL
    SELECT c, key * 8 + 1, 'L' || k, closed + 20 * u('won order', key), k, product, NULL, 0.0, 2.0, true
    FROM deals WHERE status = 'won'
    UNION ALL
    SELECT c, c * 524288 + 2, 'W1', returned, NULL, NULL, round_id,
        CASE WHEN arm = 'discount' THEN $discount ELSE 0.0 END, 1.0, true
    FROM assigned WHERE returned IS NOT NULL
    UNION ALL
    SELECT c, c * 524288 + 3, 'W2', again, NULL, NULL, NULL, 0.0, 1.0, true
    FROM assigned WHERE again IS NOT NULL
)
SELECT *, office('office', key, day) AS moment,
    1 + (u('line 2', key) < $p_line)::INT + (u('line 3', key) < $p_line)::INT AS n_lines
FROM joined WHERE floor(day) + 1 < $export_day;

CREATE OR REPLACE TEMP TABLE lines AS
WITH rows AS (
    SELECT *, key * 4 + line AS draw,
        1 + floor(24 * u('item', key * 4 + line))::INT AS item
    FROM orders, unnest(range(n_lines)) AS places(line)
), priced AS (
    SELECT *,
        coalesce(product, ($products)[item]) AS sold,
        1 + poisson('pieces', draw, 0.4493, 0.8088, 0.9526, 0.9909, 0.9986, 0.9998) AS pieces,
        CASE WHEN u('back', draw) < 0.02 AND NOT kept THEN -1 ELSE 1 END AS sign,
        u('promotion', draw) < 0.08 AND discount = 0 AS promoted
    FROM rows
), listed AS (
    SELECT *, sign * round(pieces * size * exp($price_sd * z('price', draw))
        * ($prices)[substr(sold, 2)::INT], 2) AS list_amount,
        discount + CASE WHEN promoted THEN 0.1 ELSE 0 END AS taken
    FROM priced
)
SELECT c, key, line, draw, name, k, round_id, moment, sold, sign * pieces AS qty, list_amount,
    round(list_amount * (1 - taken), 2) AS amount,
    round(list_amount * ($margin - taken), 2) AS margin,
    CASE WHEN promoted THEN 'promo-' || lpad((moment // 91 + 1)::INT::VARCHAR, 2, '0') END AS promo_id,
    CASE WHEN round_id IS NOT NULL AND discount > 0 THEN '25% off first order' END AS offer
FROM listed;
