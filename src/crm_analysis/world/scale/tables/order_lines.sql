SELECT
    'N' || lpad(($offset + row_number() OVER (ORDER BY c, moment, draw))::VARCHAR, 10, '0') AS line_id,
    'O' || lpad(c::VARCHAR, 8, '0') || '-' || name AS order_id,
    customer_name(c) AS customer_id,
    stamp(moment) AS "at",
    sold AS product,
    ($categories)[substr(sold, 2)::INT] AS category,
    ($essential)[substr(sold, 2)::INT] AS essential,
    qty::DOUBLE AS qty,
    list_amount::DECIMAL(18, 4) AS list_amount,
    amount::DECIMAL(18, 4) AS amount,
    margin::DECIMAL(18, 4) AS margin,
    promo_id,
    offer,
    CASE WHEN k IS NOT NULL THEN lead_name(c, k) END AS lead_id,
    round_id,
    typed(moment + 0.15 * wait('line typed', key)) AS recorded_at
FROM lines
ORDER BY c, moment, draw
