WITH quoted AS (
    SELECT *, answered + 2.5 * u('quote day', key) AS quoted,
        round(amount * exp(0.05 * z('quote', key)), 2) AS price,
        opened + 0.6 * wait('filed', key) AS filed,
        pick('lost to', key, ['other_brand', 'other_brand', 'same_brand_elsewhere', 'not_planning',
            'postponed', 'unknown']) AS went
    FROM deals
), shown AS (
    SELECT *, quoted < least(ended, $export_day) AND u('quotes', key) < 0.85 AS is_quoted FROM quoted
)
SELECT
    lead_name(c, k) AS lead_id,
    customer_name(c) AS customer_id,
    stamp(opened) AS opened_at,
    CASE WHEN u('files', key) < 0.9 THEN stamp(until_export(filed)) END AS filed_at,
    rep_name(rep) AS rep_id,
    u('shop visit', key) < 0.35 AS visited_store,
    product,
    amount::DECIMAL(18, 4) AS amount,
    CASE WHEN is_quoted THEN price::DECIMAL(18, 4) END AS quoted_price,
    CASE WHEN is_quoted AND u('rival quotes', key) < 0.5
         THEN round(price * exp(0.1 * z('rival quote', key)), 2)::DECIMAL(18, 4) END AS rival_price,
    CASE WHEN u('budgets', key) < 0.4
         THEN round(price * exp(0.15 * z('budget', key)), -1)::DECIMAL(18, 4) END AS budget,
    CASE WHEN is_quoted THEN stamp(quoted) END AS quoted_at,
    CASE WHEN is_quoted AND u('rival quotes', key) < 0.5 THEN stamp(quoted + 0.01) END AS rival_price_at,
    CASE WHEN u('budgets', key) < 0.4 THEN stamp(opened + 0.02) END AS budget_at,
    status,
    stamp(closed) AS closed_at,
    typed(closed + 0.8 * wait('closing typed', key)) AS closed_recorded_at,
    CASE WHEN status = 'lost' THEN went END AS lost_to,
    CASE WHEN status = 'lost' AND went IN ('other_brand', 'same_brand_elsewhere')
         THEN pick('rival', key, ['Lanting', 'Qingfeng', 'Beishan']) END AS rival,
    CASE WHEN status = 'lost' AND went = 'postponed'
         THEN day_date(closed + 60 + 180 * u('next', key)) END AS next_buy_at,
    typed(opened + 0.05 * wait('lead typed', key)) AS recorded_at,
    pick('hall', key, ['A', 'B', 'C']) AS x_hall
FROM shown
ORDER BY c, opened, k
