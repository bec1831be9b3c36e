-- Care of one chunk's customers: as many contacts as are missing to the ordered number of events.

INSERT INTO contacts
WITH chosen AS (
    SELECT $low * $most + i AS draw, $low + floor(($high - $low) * u('whom', $low * $most + i))::BIGINT
        AS c
    FROM range($n_care) AS places(i)
)
SELECT 3, draw, c, NULL, begins + (ends - begins) * u('care day', draw) AS day, false,
    day + wait('care typed', draw) * CASE WHEN u('care late', draw) < $p_late_typed THEN $late_delay
        ELSE $delay END, u('care inbound', draw) < 0.3,
    u('care reached', draw) < 0.75, owner,
    CASE WHEN u('care inbound', draw) >= 0.3 THEN CASE WHEN u('care purpose', draw) < 0.5 THEN 'sell'
        WHEN u('care purpose', draw) < 0.7 THEN 'promo' WHEN u('care purpose', draw) < 0.9 THEN 'care'
        ELSE 'policy' END END,
    NULL, NULL, NULL, NULL
FROM chosen JOIN people USING (c);
