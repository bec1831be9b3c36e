-- Bohanec's B2B sales deals (CC BY 4.0): 448 deals of one firm, 22 attributes coded by its sellers.
--   crm-analysis run --source <folder with Salvirt_B2B_ML_dataset.csv>
--       --views data/mappings/salvirt/views.sql --config data/mappings/salvirt/crm_analysis.toml
--       --as-of 2015-12-31 --out reports
-- The set has no ids: a deal is the line of the file, and so is its customer. All 448 are kept: 83
-- equal another deal in everything, and nothing says whether they are one deal typed in twice.
-- It has no dates either: all deals are dated one day, so that no hazard can be asked for, and it is
-- not known when an attribute was typed in. "Unknown" is missing.

CREATE VIEW customers AS
SELECT
    'C' || lpad(_line::VARCHAR, 4, '0') AS customer_id,
    '2015-12-01' AS created_at,
    'organisation' AS kind,
    nullif(Source, 'Unknown') AS x_source,
    nullif(Comp_size, 'Unknown') AS x_company_size,
    nullif(Purch_dept, 'Unknown') AS x_purchasing_department,
    nullif(Growth, 'Unknown') AS x_growth,
    nullif(Client, 'Unknown') AS x_client,
    nullif(Att_t_client, 'Unknown') AS x_attitude_to_client,
    _file,
    _line
FROM Salvirt_B2B_ML_dataset;

CREATE VIEW leads AS
SELECT
    'D' || lpad(_line::VARCHAR, 4, '0') AS lead_id,
    'C' || lpad(_line::VARCHAR, 4, '0') AS customer_id,
    '2015-12-01' AS opened_at,
    '2015-12-01' AS closed_at,
    Seller AS rep_id,
    Product AS product,
    CASE Status WHEN 'Won' THEN 'won' ELSE 'lost' END AS status,
    nullif(Authority, 'Unknown') AS x_authority,
    nullif(Competitors, 'Unknown') AS x_competitors,
    nullif(Partnership, 'Unknown') AS x_partnership,
    nullif(Budgt_alloc, 'Unknown') AS x_budget_allocated,
    nullif(Forml_tend, 'Unknown') AS x_formal_tender,
    nullif(RFI, 'Unknown') AS x_request_for_information,
    nullif(RFP, 'Unknown') AS x_request_for_proposal,
    nullif(Posit_statm, 'Unknown') AS x_positive_statement,
    nullif(Scope, 'Unknown') AS x_scope,
    nullif(Strat_deal, 'Unknown') AS x_strategic_deal,
    nullif(Cross_sale, 'Unknown') AS x_cross_sale,
    nullif(Up_sale, 'Unknown') AS x_up_sale,
    nullif(Deal_type, 'Unknown') AS x_deal_type,
    nullif(Needs_def, 'Unknown') AS x_needs_defined,
    _file,
    _line
FROM Salvirt_B2B_ML_dataset;
