-- Customer states, written independently of customers/states.py.
SELECT customer_id,
       CASE WHEN EXISTS (SELECT 1 FROM order_lines o
                         WHERE o.customer_id = c.customer_id AND o.amount > 0
                           AND o.known_at::DATE <= $as_of::DATE)
            THEN 'has_ordered' ELSE 'prospect' END AS state
FROM customers c ORDER BY customer_id
