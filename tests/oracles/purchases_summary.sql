-- Purchases per customer, written independently of features/purchases.py.
-- Parameter: $as_of. Tables: customers, order_lines.
WITH l AS (
    SELECT * FROM order_lines WHERE known_at::DATE <= $as_of::DATE
), o AS (
    SELECT customer_id, order_id, min("at")::DATE AS day, sum(amount) AS net, sum(margin) AS margin,
           sum(CASE WHEN essential THEN amount ELSE 0 END) AS ess,
           sum(CASE WHEN NOT essential THEN amount ELSE 0 END) AS other,
           bool_or(coalesce(essential, false) AND amount > 0) AS has_ess,
           $as_of::DATE - min("at")::DATE AS age
    FROM l GROUP BY ALL
), d AS (
    SELECT DISTINCT customer_id, day FROM o WHERE net > 0
), g AS (
    SELECT customer_id, day, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap FROM d
), r AS (
    SELECT customer_id, count(*) AS n_days, min(day) AS first_day, max(day) AS last_day,
           avg(gap) AS mean_gap, max(gap) AS longest,
           CASE WHEN count(gap) >= 2 THEN stddev_samp(gap) / nullif(avg(gap), 0) END AS cv
    FROM g GROUP BY customer_id
), m AS (
    SELECT customer_id,
           count(*) FILTER (WHERE net > 0) AS n,
           count(*) FILTER (WHERE net > 0 AND age < 365) AS n_last,
           count(*) FILTER (WHERE net > 0 AND age BETWEEN 365 AND 729) AS n_before,
           count(*) FILTER (WHERE net > 0 AND has_ess) AS n_ess,
           sum(net) AS amount, sum(net) FILTER (WHERE age < 365) AS amount_last,
           sum(net) FILTER (WHERE age BETWEEN 365 AND 729) AS amount_before,
           sum(ess) AS ess, sum(ess) FILTER (WHERE age < 365) AS ess_last,
           sum(other) AS other, sum(other) FILTER (WHERE age < 365) AS other_last,
           sum(margin) AS margin, sum(margin) FILTER (WHERE age < 365) AS margin_last
    FROM o GROUP BY customer_id
)
SELECT c.customer_id,
       coalesce(n, 0) AS n_orders, coalesce(n_last, 0) AS n_orders_last_365_days,
       coalesce(n_before, 0) AS n_orders_previous_365_days,
       coalesce(n_ess, 0) AS n_essential_orders, coalesce(n_days, 0) AS n_purchase_days,
       coalesce(amount, 0) AS amount_total, coalesce(amount_last, 0) AS amount_last_365_days,
       coalesce(amount_before, 0) AS amount_previous_365_days,
       coalesce(ess, 0) AS essential_amount_total,
       coalesce(ess_last, 0) AS essential_amount_last_365_days,
       coalesce(other, 0) AS non_essential_amount_total,
       coalesce(other_last, 0) AS non_essential_amount_last_365_days,
       margin AS margin_total, margin_last AS margin_last_365_days,
       $as_of::DATE - first_day AS days_since_first_order,
       $as_of::DATE - last_day AS days_since_last_order,
       mean_gap AS mean_order_gap_days, cv AS order_gap_cv, longest AS longest_order_gap_days
FROM customers c LEFT JOIN m USING (customer_id) LEFT JOIN r USING (customer_id)
ORDER BY c.customer_id
