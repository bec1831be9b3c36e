-- BPI Challenge 2012 (4TU terms): 13,087 applications for a loan at a Dutch bank, as a workflow logged them.
--   crm-analysis run --source <folder with the csv files> --views data/mappings/bpic2012/views.sql
--       --config data/mappings/bpic2012/crm_analysis.toml --as-of 2012-03-14 --out reports
-- An application is a lead, and its customer: the log names no customers. Approved = won, cancelled by
-- the customer = lost, declined by the bank = void; each has one such event, the end of the lead.
-- The workflow wrote each event as it happened, so the time of typing is the time of the event.

CREATE VIEW ends AS
SELECT
    case_id,
    min("time:timestamp") AS closed_at
FROM bpic2012_events
WHERE "concept:name" IN ('A_APPROVED', 'A_CANCELLED', 'A_DECLINED')
GROUP BY case_id;

CREATE VIEW openings AS
SELECT
    case_id,
    min(case_REG_DATE) AS opened_at,
    min(case_AMOUNT_REQ) AS amount
FROM bpic2012_events
GROUP BY case_id;

CREATE VIEW customers AS
SELECT
    'C' || case_id AS customer_id,
    left(opened_at, 10) AS created_at,
    'individual' AS kind
FROM openings;

CREATE VIEW leads AS
SELECT
    'L' || case_id AS lead_id,
    'C' || case_id AS customer_id,
    opened_at,
    opened_at AS recorded_at,
    amount,
    CASE out
        WHEN 'approved' THEN 'won'
        WHEN 'cancelled' THEN 'lost'
        WHEN 'declined' THEN 'void'
        ELSE 'open'
    END AS status,
    closed_at,
    closed_at AS closed_recorded_at,
    cases._file,
    cases._line
FROM bpic2012_cases AS cases
JOIN openings USING (case_id)
LEFT JOIN ends USING (case_id);

-- Stages: what the application and its offers went through. Events that come with the end are left
-- out: they would tell it. The level is how far on the way to a loan a stage stands.
CREATE VIEW assessments AS
SELECT
    'C' || case_id AS customer_id,
    'L' || case_id AS lead_id,
    "time:timestamp" AS at,
    "time:timestamp" AS recorded_at,
    'stage' AS kind,
    CASE "concept:name"
        WHEN 'A_SUBMITTED' THEN 0.0
        WHEN 'A_PARTLYSUBMITTED' THEN 0.1
        WHEN 'A_PREACCEPTED' THEN 0.3
        WHEN 'A_ACCEPTED' THEN 0.4
        WHEN 'A_FINALIZED' THEN 0.5
        WHEN 'O_SELECTED' THEN 0.5
        WHEN 'O_CREATED' THEN 0.6
        WHEN 'O_SENT' THEN 0.7
        WHEN 'O_SENT_BACK' THEN 0.9
        ELSE 0.5
    END AS value_num,
    "concept:name" AS value_text,
    'system' AS "by",
    _file,
    _line
FROM bpic2012_events
WHERE "concept:name" IN (
    'A_SUBMITTED', 'A_PARTLYSUBMITTED', 'A_PREACCEPTED', 'A_ACCEPTED', 'A_FINALIZED',
    'O_SELECTED', 'O_CREATED', 'O_SENT', 'O_SENT_BACK', 'O_CANCELLED'
);

-- Contacts: each time somebody took up one of the tasks that are calls to the customer (completing
-- the application, following up leads, calling after offers and missing papers), and the signed
-- offer that he sent back.
CREATE VIEW interactions AS
SELECT
    case_id || '-' || _i AS interaction_id,
    'C' || case_id AS customer_id,
    'L' || case_id AS lead_id,
    "time:timestamp" AS at,
    "time:timestamp" AS recorded_at,
    CASE "concept:name" WHEN 'O_SENT_BACK' THEN 'in' ELSE 'out' END AS direction,
    CASE "concept:name" WHEN 'O_SENT_BACK' THEN 'other' ELSE 'call' END AS channel,
    nullif("org:resource", '') AS rep_id,
    CASE
        WHEN "concept:name" LIKE 'W_Nabellen%' THEN 'follow_up'
        WHEN "concept:name" LIKE 'W_%' THEN 'sell'
    END AS purpose,
    _file,
    _line
FROM bpic2012_events
WHERE "concept:name" = 'O_SENT_BACK'
    OR (
        "lifecycle:transition" = 'START'
        AND "concept:name" IN (
            'W_Completeren aanvraag', 'W_Afhandelen leads',
            'W_Nabellen offertes', 'W_Nabellen incomplete dossiers'
        )
    );
