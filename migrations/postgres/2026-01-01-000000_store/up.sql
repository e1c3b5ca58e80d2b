-- Times are Unix milliseconds; keys are xxh3-64 of canonical text, made by crawld; no sequences,
-- foreign keys or triggers.

CREATE TABLE node (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    seq BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE job (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    spec TEXT NOT NULL,
    state SMALLINT NOT NULL,
    pass INTEGER NOT NULL,
    pass_started_at BIGINT NOT NULL,
    cursor TEXT,
    exhausted BOOLEAN NOT NULL,
    asked BIGINT NOT NULL,
    running_ms BIGINT NOT NULL,
    peak_in_flight INTEGER NOT NULL,
    connect_us BIGINT NOT NULL,
    head_us BIGINT NOT NULL,
    body_us BIGINT NOT NULL,
    extract_us BIGINT NOT NULL,
    limit_hit TEXT,
    started_at BIGINT NOT NULL,
    finished_at BIGINT
);

CREATE TABLE host (
    host_key BIGINT NOT NULL PRIMARY KEY,
    authority TEXT NOT NULL,
    asked_at BIGINT NOT NULL DEFAULT 0,
    not_before BIGINT NOT NULL DEFAULT 0,
    backoff_ms BIGINT NOT NULL DEFAULT 0,
    fails INTEGER NOT NULL DEFAULT 0,
    failing_since BIGINT NOT NULL DEFAULT 0,
    answered_at BIGINT NOT NULL DEFAULT 0,
    owner BIGINT NOT NULL DEFAULT 0,
    epoch BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX host_owner ON host (owner) WHERE owner <> 0;

-- due_at: a lower bound of the earliest due URL; NULL: parked, nothing is queued there.
CREATE TABLE job_host (
    job BIGINT NOT NULL,
    host_key BIGINT NOT NULL,
    due_at BIGINT,
    asked BIGINT NOT NULL DEFAULT 0,
    given_up TEXT,
    PRIMARY KEY (job, host_key)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX job_host_host ON job_host (host_key);
-- The claim starts at a random key, so that nodes do not meet at the same rows.
CREATE INDEX job_host_due ON job_host (job, host_key) WHERE due_at IS NOT NULL;

CREATE TABLE robots (
    origin TEXT NOT NULL PRIMARY KEY,
    host_key BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    status INTEGER,
    body TEXT
);
CREATE INDEX robots_host ON robots (host_key);

-- state 0 (queued) exactly when due_at IS NOT NULL.
CREATE TABLE urls (
    id BIGINT NOT NULL,
    job BIGINT NOT NULL,
    host_key BIGINT NOT NULL,
    url_key BIGINT NOT NULL,
    url TEXT NOT NULL,
    depth INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    state SMALLINT NOT NULL,
    due_at BIGINT,
    tries INTEGER NOT NULL DEFAULT 0,
    pass INTEGER NOT NULL,
    status INTEGER,
    reason TEXT,
    evidence TEXT,
    redirect_to TEXT,
    redirect_key BIGINT,
    content_type TEXT,
    charset TEXT,
    bytes BIGINT,
    referrer BIGINT,
    referrer_host BIGINT,
    via_kind SMALLINT NOT NULL,
    via_text TEXT,
    via_nofollow BOOLEAN NOT NULL,
    links INTEGER,
    new_links INTEGER,
    title TEXT,
    digest BYTEA,
    etag TEXT,
    last_modified TEXT,
    noindex BOOLEAN NOT NULL DEFAULT FALSE,
    links_cut BOOLEAN NOT NULL DEFAULT FALSE,
    out_of_scope INTEGER,
    fetched_at BIGINT,
    elapsed_ms BIGINT,
    PRIMARY KEY (job, host_key, url_key)
);
CREATE INDEX urls_queue ON urls (job, host_key, depth, due_at, id) WHERE due_at IS NOT NULL;
-- By age: exports, and passes over known pages.
CREATE INDEX urls_age ON urls (job, id);

-- The links of pages of jobs with links = "all".
CREATE TABLE link (
    job BIGINT NOT NULL,
    source_host BIGINT NOT NULL,
    source BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    target TEXT NOT NULL,
    kind SMALLINT NOT NULL,
    text TEXT,
    nofollow BOOLEAN NOT NULL,
    PRIMARY KEY (job, source_host, source, ordinal)
);

-- Views for people. Their columns stay; new ones may be added.
CREATE VIEW v_pages AS
SELECT j.name AS job, u.url,
       CASE u.state WHEN 0 THEN 'queued' WHEN 1 THEN 'done' WHEN 2 THEN 'failed'
                    WHEN 3 THEN 'redirected' ELSE 'excluded' END AS state,
       u.status, u.redirect_to, u.reason, u.content_type, u.charset, u.bytes, u.depth,
       r.url AS referrer, u.tries, u.links, u.new_links, u.title,
       'sha256:' || encode(u.digest, 'hex') AS digest,
       to_char(to_timestamp(u.fetched_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
           || '.' || lpad((u.fetched_at % 1000)::text, 3, '0') || 'Z' AS fetched_at,
       u.elapsed_ms, u.evidence, u.noindex, u.links_cut
FROM urls u
JOIN job j ON j.id = u.job
LEFT JOIN urls r ON r.job = u.job AND r.host_key = u.referrer_host AND r.url_key = u.referrer;

CREATE VIEW v_failures AS SELECT * FROM v_pages WHERE state = 'failed';

CREATE VIEW v_queue AS
SELECT j.name AS job, h.authority AS host, u.url, u.depth, u.tries, u.reason,
       to_char(to_timestamp(u.due_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
           || '.' || lpad((u.due_at % 1000)::text, 3, '0') || 'Z' AS due_at
FROM urls u
JOIN job j ON j.id = u.job
LEFT JOIN host h ON h.host_key = u.host_key
WHERE u.due_at IS NOT NULL;

CREATE VIEW v_hosts AS
SELECT j.name AS job, h.authority AS host, h.fails, h.backoff_ms, jh.asked, jh.given_up,
       h.owner <> 0 AS leased, jh.due_at IS NULL AS parked,
       CASE WHEN h.asked_at > 0 THEN to_char(to_timestamp(h.asked_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
           || '.' || lpad((h.asked_at % 1000)::text, 3, '0') || 'Z' END AS asked_at,
       CASE WHEN h.not_before > 0 THEN to_char(to_timestamp(h.not_before / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
           || '.' || lpad((h.not_before % 1000)::text, 3, '0') || 'Z' END AS not_before
FROM job_host jh
JOIN job j ON j.id = jh.job
JOIN host h ON h.host_key = jh.host_key;

-- Every stored link; for a job that stores none, the link that discovered each URL.
CREATE VIEW v_links AS
SELECT j.name AS job, s.url AS source, l.target, CASE l.kind WHEN 0 THEN 'root' WHEN 1 THEN 'a' WHEN 2 THEN 'area' WHEN 3 THEN 'next'
            WHEN 4 THEN 'prev' WHEN 5 THEN 'alternate' WHEN 6 THEN 'canonical' WHEN 7 THEN 'frame'
            WHEN 8 THEN 'iframe' WHEN 9 THEN 'image' WHEN 10 THEN 'refresh' WHEN 11 THEN 'redirect' END AS kind, l.text, l.nofollow
FROM link l
JOIN job j ON j.id = l.job
JOIN urls s ON s.job = l.job AND s.host_key = l.source_host AND s.url_key = l.source
UNION ALL
SELECT j.name, s.url, u.url, CASE u.via_kind WHEN 0 THEN 'root' WHEN 1 THEN 'a' WHEN 2 THEN 'area' WHEN 3 THEN 'next'
            WHEN 4 THEN 'prev' WHEN 5 THEN 'alternate' WHEN 6 THEN 'canonical' WHEN 7 THEN 'frame'
            WHEN 8 THEN 'iframe' WHEN 9 THEN 'image' WHEN 10 THEN 'refresh' WHEN 11 THEN 'redirect' END, u.via_text, u.via_nofollow
FROM urls u
JOIN job j ON j.id = u.job
JOIN urls s ON s.job = u.job AND s.host_key = u.referrer_host AND s.url_key = u.referrer
WHERE NOT EXISTS (SELECT 1 FROM link l WHERE l.job = u.job);
