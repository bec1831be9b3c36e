-- What was known of the customer at a landmark, written independently of features/acquaintance.py.
-- Parameters: $landmark_days, $as_of. Tables: leads, customers.
WITH w AS (
    SELECT lead_id, customer_id, opened_at,
           opened_at::DATE + $landmark_days::INTEGER AS last_day
    FROM leads
    WHERE opened_at::DATE + $landmark_days::INTEGER <= $as_of::DATE
      AND (closed_at IS NULL OR closed_at::DATE > opened_at::DATE + $landmark_days::INTEGER)
), p AS (
    SELECT w.lead_id, c.contact_routes, len(list_filter([
        occupation, industry, position, income_annual,
        gender, birth_year, education, region,
        marital, n_children, children, media,
        contact_routes, personality, motive, concerns,
        usage_months, brands_used, brand_current, brands_interest
    ]::VARCHAR[], f -> f <> '')) AS n_filled
    FROM w JOIN customers c ON c.customer_id = w.customer_id
    WHERE c.profile_recorded_at IS NULL OR c.profile_recorded_at::DATE <= w.last_day
)
SELECT w.lead_id, n_filled / 20.0 AS known_profile_share,
       CASE WHEN contact_routes <> '' THEN len(string_split(contact_routes, ';'))
       END AS n_contact_routes
FROM w LEFT JOIN p ON p.lead_id = w.lead_id
ORDER BY w.lead_id
