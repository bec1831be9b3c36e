SELECT
    customer_name(p.c) AS customer_id,
    day_date(created) AS created_at,
    CASE WHEN u('kind', p.c) < 0.78 THEN 'individual' ELSE 'organisation' END AS kind,
    CASE WHEN u('kind', p.c) < 0.70 THEN pick('gender', p.c, ['female', 'male']) END AS gender,
    CASE WHEN u('kind', p.c) < 0.62 THEN 1950 + floor(55 * u('birth', p.c))::BIGINT END AS birth_year,
    CASE WHEN u('work', p.c) < 0.6 THEN pick('occupation', p.c, $occupations) END AS occupation,
    CASE WHEN u('trade', p.c) < 0.7 THEN pick('industry', p.c, $industries) END AS industry,
    pick('education', p.c, ['school', 'college', 'bachelor', 'master']) AS education,
    CASE WHEN u('earns', p.c) < 0.5
         THEN round(exp(11.6 + 0.5 * z('income', p.c)), -2)::DECIMAL(18, 4) END AS income_annual,
    pick('source', p.c, ['friend', 'advert', 'event', 'nearby', 'passing', 'other']) AS source,
    pick('region', p.c, $regions) AS region,
    round(4 * (wait('near', p.c) + wait('far', p.c)), 1) AS distance_km,
    p.owner,
    stamp(until_export(opted_out)) AS opted_out_at,
    typed(created + 0.4 + 2.6 * u('profile', p.c)) AS profile_recorded_at,
    pick('member', p.c, ['silver', 'gold', 'none']) AS x_member_level
FROM people AS p LEFT JOIN assigned AS a USING (c)
ORDER BY p.c
