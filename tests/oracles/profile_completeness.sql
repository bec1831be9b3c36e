-- Profile completeness, written independently of features/profile.py: fields turned to rows.
-- Parameter: $as_of. Table: customers.
WITH known AS (
    SELECT * FROM customers
    WHERE profile_recorded_at IS NULL OR profile_recorded_at::DATE <= $as_of::DATE
), long AS (
    UNPIVOT (SELECT customer_id, COLUMNS(* EXCLUDE (customer_id, profile_recorded_at))::VARCHAR
             FROM known)
    ON * EXCLUDE (customer_id) INTO NAME field VALUE filled
), counts AS (
    SELECT customer_id,
           count(*) AS n,
           count(*) FILTER (WHERE field IN ('occupation', 'industry', 'position', 'income_annual')) AS work,
           count(*) FILTER (WHERE field IN ('gender', 'birth_year', 'education', 'region')) AS life,
           count(*) FILTER (WHERE field IN ('marital', 'n_children', 'children')) AS family,
           count(*) FILTER (WHERE field IN ('media', 'contact_routes')) AS leisure,
           count(*) FILTER (WHERE field IN ('personality', 'motive', 'concerns')) AS mind,
           count(*) FILTER (WHERE field IN ('usage_months', 'brands_used', 'brand_current',
                                            'brands_interest')) AS brands
    FROM long WHERE filled <> '' GROUP BY customer_id
)
SELECT c.customer_id, coalesce(n, 0) / 20.0 AS profile_share, coalesce(n, 0) AS n_profile_fields,
       profile_recorded_at IS NOT NULL AS profile_clock_known,
       coalesce(work, 0) / 4.0 AS work_profile_share, coalesce(life, 0) / 4.0 AS life_profile_share,
       coalesce(family, 0) / 3.0 AS family_profile_share,
       coalesce(leisure, 0) / 2.0 AS leisure_profile_share,
       coalesce(mind, 0) / 3.0 AS mind_profile_share,
       coalesce(brands, 0) / 4.0 AS brands_profile_share
FROM customers c LEFT JOIN counts USING (customer_id)
ORDER BY c.customer_id
