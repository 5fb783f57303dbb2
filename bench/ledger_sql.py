"""The statement that makes the ledger's rows, and the few words that SQLite and PostgreSQL have of their own for it."""

# `?` stands for what the words are applied to.
WORDS = {
    "sqlite": {
        "hexadecimal": "printf('%08x', ?)",
        "moment": "strftime('%Y-%m-%d %H:%M:%f000', ?, 'unixepoch')",
        "json": "?",
    },
    "postgresql": {
        "hexadecimal": "lpad(to_hex(?), 8, '0')",
        "moment": "to_timestamp(?)",
        "json": "CAST(? AS jsonb)",
    },
}

# Hexadecimal digits are letters of Crockford's alphabet, too.
INSERTION = """
INSERT INTO traces_tracerecord (
    trace_id, workflow, source, submitter, submission_key, submission_digest, account_id, credential_label, status,
    input_fingerprint, fingerprint_key_id, prompt_version, policy_version, provider, model, release,
    credential_age_days, credential_kind, credential_state, decision, policy_line_ids, error_code, error_reason,
    retry_of, latency_ms, provider_ms, input_tokens, output_tokens, started_at, finished_at
)
WITH RECURSIVE numbered(n) AS (
    SELECT CAST(0 AS bigint) UNION ALL SELECT n + 1 FROM numbered WHERE n + 1 < $count
),
placed AS MATERIALIZED (
    SELECT
        n,
        n * 1000 < $count AS is_old,
        n * 2 < $count AS in_first_half,
        n % 3000 < 150 AS is_eval,
        CASE WHEN n >= $count - 3 THEN 'running' WHEN $failing < 12 THEN 'failed' ELSE 'completed' END AS status,
        $letters AS letters
    FROM numbered
),
judged AS (
    SELECT
        placed.*,
        CASE
            WHEN is_eval THEN 'eval' WHEN $source < 60 THEN 'web' WHEN $source < 65 THEN 'batch' ELSE 'api'
        END AS source,
        CASE WHEN is_old OR (is_eval AND NOT in_first_half) THEN 'rules' ELSE 'openai' END AS provider,
        CASE
            WHEN status <> 'failed' THEN NULL
            WHEN is_old AND n % 2 = 0 THEN 'interrupted'
            WHEN is_old THEN 'internal_error'
            ELSE $code_in_percent
        END AS error_code,
        CASE WHEN status <> 'running' THEN $spent_ms END AS spent_ms
    FROM placed
)
SELECT
    'trace_' || substr(letters, 1, 26),
    CASE WHEN is_old THEN 'tickets' ELSE 'rotation' END,
    source,
    CASE source WHEN 'web' THEN 'browser:' || substr(letters, 9, 22) WHEN 'api' THEN 'user:7' ELSE source END,
    CASE WHEN NOT is_eval THEN substr(letters, 11, 22) END,
    letters,
    CASE WHEN $busy < 5 THEN '$busy_account' ELSE 'acct_' || substr(CAST(100000 + $any_account AS text), 2) END,
    CASE WHEN status = 'completed' THEN 'invoice-sync' END,
    status,
    CASE WHEN $report < 5 THEN '$common_fingerprint' ELSE substr(letters, 17) || substr(letters, 1, 16) END,
    'bench',
    CASE WHEN in_first_half THEN 'rotation_decision@1' ELSE 'rotation_decision@2' END,
    'policy@1',
    provider,
    CASE WHEN provider = 'openai' THEN 'asked-model' END,
    '1.' || CAST(n * 20 / $count AS text) || '.0',
    CASE WHEN status = 'completed' THEN 12 END,
    CASE WHEN status = 'completed' THEN 'service_account_key' END,
    CASE WHEN status = 'completed' THEN 'active' END,
    CASE WHEN status = 'completed' THEN $decision_in_percent END,
    $lines,
    error_code,
    CASE WHEN error_code = 'invalid_decision' THEN 'window_conflict' END,
    CASE WHEN n > 0 AND $failing_before < 12 AND $retry < 20 THEN 'trace_' || substr($letters_before, 1, 26) END,
    spent_ms + 12,
    spent_ms,
    CASE WHEN status <> 'running' THEN 310 END,
    CASE WHEN status <> 'running' THEN 24 END,
    $started_at,
    CASE WHEN status <> 'running' THEN $finished_at END
FROM judged
"""
