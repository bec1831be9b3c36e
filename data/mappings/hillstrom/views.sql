-- Kevin Hillstrom's e-mail challenge: 64,000 buyers drawn at random to a men's mail, a women's mail
-- or none; visits, conversion and spend of the two weeks after it.
--   crm-analysis run --source <folder with hillstrom.csv.gz> --views data/mappings/hillstrom/views.sql
--       --config data/mappings/hillstrom/crm_analysis.toml --as-of 2008-03-31 --out reports
-- The set has no dates: the draw is dated 2008-03-01 here and each outcome its last day, 2008-03-15.
-- It has no ids either: a customer is the line of the file.

CREATE VIEW customers AS
SELECT
    'H' || lpad(_line::VARCHAR, 5, '0') AS customer_id,
    '2008-02-29' AS created_at,
    zip_code AS region,
    recency AS x_recency_months,
    history AS x_history_spend,
    mens AS x_bought_mens,
    womens AS x_bought_womens,
    newbie AS x_new_in_last_year,
    channel AS x_channel,
    _file,
    _line
FROM hillstrom;

CREATE VIEW winback AS
SELECT
    'mail-2008-03' AS round_id,
    'H' || lpad(_line::VARCHAR, 5, '0') AS customer_id,
    '2008-03-01' AS assigned_at,
    CASE segment
        WHEN 'No E-Mail' THEN 'control'
        WHEN 'Mens E-Mail' THEN 'mens_mail'
        WHEN 'Womens E-Mail' THEN 'womens_mail'
    END AS arm,
    'true' AS randomised,
    '0.6666666667' AS p_treat,
    _file,
    _line
FROM hillstrom;

CREATE VIEW engagement AS
SELECT
    'V' || lpad(_line::VARCHAR, 5, '0') AS event_id,
    'H' || lpad(_line::VARCHAR, 5, '0') AS customer_id,
    '2008-03-15' AS at,
    'visit' AS kind,
    _file,
    _line
FROM hillstrom
WHERE visit = '1';

CREATE VIEW order_lines AS
SELECT
    'L' || lpad(_line::VARCHAR, 5, '0') AS line_id,
    'O' || lpad(_line::VARCHAR, 5, '0') AS order_id,
    'H' || lpad(_line::VARCHAR, 5, '0') AS customer_id,
    '2008-03-15' AS at,
    spend AS amount,
    _file,
    _line
FROM hillstrom
WHERE conversion = '1';
