-- Maven Analytics "CRM sales opportunities" (fictional, public domain) as contract tables.
--   crm-analysis run --source <folder with the csv files> --views data/mappings/maven_crm/views.sql
--       --config data/mappings/maven_crm/crm_analysis.toml --as-of 2017-12-31 --out reports
-- Prospecting deals have no engage date: opened_at is missing, so the checks exclude and count them.
-- close_value is known only at closing: it is the order's amount and never the lead's.

CREATE VIEW customers AS
SELECT
    account AS customer_id,
    coalesce(first_engaged, '2016-10-20') AS created_at,
    'organisation' AS kind,
    CASE sector WHEN 'technolgy' THEN 'technology' ELSE sector END AS industry,
    office_location AS region,
    revenue AS x_revenue_musd,
    employees AS x_employees,
    year_established AS x_year_established,
    accounts._file,
    accounts._line
FROM accounts
LEFT JOIN (
    SELECT account, min(engage_date) AS first_engaged
    FROM sales_pipeline
    WHERE engage_date <> ''
    GROUP BY account
) USING (account)
UNION ALL
-- A deal without an account gets a customer of its own, so that nothing is learned from "no account".
SELECT
    'no account ' || opportunity_id,
    coalesce(nullif(engage_date, ''), '2016-10-20'),
    'organisation', NULL, NULL, NULL, NULL, NULL, _file, _line
FROM sales_pipeline
WHERE coalesce(account, '') = '';

CREATE VIEW leads AS
SELECT
    opportunity_id AS lead_id,
    CASE WHEN coalesce(account, '') = '' THEN 'no account ' || opportunity_id ELSE account END
        AS customer_id,
    engage_date AS opened_at,
    sales_agent AS rep_id,
    CASE product WHEN 'GTXPro' THEN 'GTX Pro' ELSE product END AS product,
    CASE deal_stage WHEN 'Won' THEN 'won' WHEN 'Lost' THEN 'lost' ELSE 'open' END AS status,
    close_date AS closed_at,
    _file,
    _line
FROM sales_pipeline;

CREATE VIEW order_lines AS
SELECT
    opportunity_id || '-1' AS line_id,
    opportunity_id AS order_id,
    CASE WHEN coalesce(account, '') = '' THEN 'no account ' || opportunity_id ELSE account END
        AS customer_id,
    close_date AS at,
    CASE product WHEN 'GTXPro' THEN 'GTX Pro' ELSE product END AS product,
    close_value AS amount,
    opportunity_id AS lead_id,
    _file,
    _line
FROM sales_pipeline
WHERE deal_stage = 'Won';
