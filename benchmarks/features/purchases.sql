-- Purchase features by hand: orders, then money per customer, then gaps between purchase days.
WITH orders AS MATERIALIZED (
    SELECT customer_id, order_id, min("at")::DATE AS day,
           sum(amount::DECIMAL(18, 4)) AS net, sum(margin::DECIMAL(18, 4)) AS margin,
           coalesce(sum(amount::DECIMAL(18, 4)) FILTER (essential), 0) AS essential,
           coalesce(sum(amount::DECIMAL(18, 4)) FILTER (NOT essential), 0) AS other,
           count(*) FILTER (essential AND amount > 0) > 0 AS has_essential,
           $as_of::DATE - min("at")::DATE AS age
    FROM order_lines
    WHERE known_at < ($as_of::DATE + 1)::TIMESTAMP
    GROUP BY customer_id, order_id
), gaps AS (
    SELECT customer_id, day, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap
    FROM orders WHERE net > 0
), rhythm AS ( -- a further order on the same day is 0 days after the one before it: no gap
    SELECT customer_id, count(*) FILTER (gap IS NULL OR gap > 0) AS n_days,
           min(day) AS first_day, max(day) AS last_day, sum(gap) AS gaps,
           sum(gap * gap) AS gaps_squared, max(gap) FILTER (gap > 0) AS longest
    FROM gaps GROUP BY customer_id
), money AS (
    SELECT customer_id,
           count(*) FILTER (net > 0) AS n, count(*) FILTER (net > 0 AND age < 365) AS n_last,
           count(*) FILTER (net > 0 AND age BETWEEN 365 AND 729) AS n_before,
           count(*) FILTER (net > 0 AND has_essential) AS n_essential,
           sum(net) AS net, sum(net) FILTER (age < 365) AS net_last,
           sum(net) FILTER (age BETWEEN 365 AND 729) AS net_before,
           sum(essential) AS essential, sum(essential) FILTER (age < 365) AS essential_last,
           sum(other) AS other, sum(other) FILTER (age < 365) AS other_last,
           sum(margin) AS margin, sum(margin) FILTER (age < 365) AS margin_last
    FROM orders GROUP BY customer_id
)
SELECT c.customer_id,
       coalesce(n, 0) AS n_orders, coalesce(n_last, 0) AS n_orders_last_365_days,
       coalesce(n_before, 0) AS n_orders_previous_365_days,
       coalesce(n_essential, 0) AS n_essential_orders, coalesce(n_days, 0) AS n_purchase_days,
       coalesce(net, 0)::DOUBLE AS amount_total,
       coalesce(net_last, 0)::DOUBLE AS amount_last_365_days,
       coalesce(net_before, 0)::DOUBLE AS amount_previous_365_days,
       coalesce(essential, 0)::DOUBLE AS essential_amount_total,
       coalesce(essential_last, 0)::DOUBLE AS essential_amount_last_365_days,
       coalesce(other, 0)::DOUBLE AS non_essential_amount_total,
       coalesce(other_last, 0)::DOUBLE AS non_essential_amount_last_365_days,
       margin::DOUBLE AS margin_total, margin_last::DOUBLE AS margin_last_365_days,
       $as_of::DATE - first_day AS days_since_first_order,
       $as_of::DATE - last_day AS days_since_last_order,
       gaps / nullif(n_days - 1, 0) AS mean_order_gap_days,
       CASE WHEN n_days >= 3
            THEN sqrt(greatest(gaps_squared - gaps * (gaps / (n_days - 1)), 0) / (n_days - 2))
                 / (gaps / (n_days - 1)) END AS order_gap_cv,
       longest AS longest_order_gap_days
FROM customers c LEFT JOIN money USING (customer_id) LEFT JOIN rhythm USING (customer_id)
