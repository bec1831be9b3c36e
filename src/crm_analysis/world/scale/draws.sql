-- Random numbers without a state: a digest of (seed, stream, row key). The same key draws the same
-- number whatever the number of threads, the order of rows and the size of the chunks.
-- $$name stands for a number that write.py fills in.

CREATE MACRO u(stream, key) AS  -- uniform, 0 <= u < 1
    (hash(xor(key::UBIGINT, hash(concat($seed, ' ', stream)))) >> 11)::DOUBLE * 1.1102230246251565e-16;

CREATE MACRO wait(stream, key) AS  -- exponential of mean 1
    -ln(1 - u(stream, key));

CREATE MACRO z(stream, key) AS  -- standard normal
    sqrt(2 * wait(concat(stream, ' radius'), key)) * cos(2 * pi() * u(concat(stream, ' angle'), key));

CREATE MACRO poisson(stream, key, p0, p1, p2, p3, p4, p5) AS  -- by its distribution function
    (u(stream, key) >= p0)::INT + (u(stream, key) >= p1)::INT + (u(stream, key) >= p2)::INT
    + (u(stream, key) >= p3)::INT + (u(stream, key) >= p4)::INT + (u(stream, key) >= p5)::INT;

CREATE MACRO pick(stream, key, words) AS
    words[1 + floor(u(stream, key) * len(words))::INT];

CREATE MACRO stamp(day) AS  -- days since the world's first day, as a moment of whole seconds
    make_timestamp($first_us + round(day * 86400)::BIGINT * 1000000);

CREATE MACRO day_date(day) AS
    stamp(floor(day))::DATE;

CREATE MACRO office(stream, key, day) AS  -- into the opening hours of its own day
    floor(day) + (9 + 10 * u(stream, key)) / 24;

CREATE MACRO until_export(day) AS
    CASE WHEN day < $export_day THEN day END;

CREATE MACRO typed(day) AS  -- nothing was typed in after the export
    CASE WHEN day IS NOT NULL THEN stamp(least(day, $export_day)) END;

CREATE MACRO customer_name(c) AS
    'C' || lpad(c::VARCHAR, 8, '0');

CREATE MACRO lead_name(c, k) AS
    'L' || lpad(c::VARCHAR, 8, '0') || '-' || k;

CREATE MACRO rep_name(number) AS
    'R' || lpad(number::VARCHAR, 2, '0');
