-- Pages of this pass that had not changed since they were last asked.
ALTER TABLE job ADD COLUMN not_modified BIGINT NOT NULL DEFAULT 0;

-- Validators are now kept only of pages that were read whole, and by the rules of this version.
UPDATE urls SET etag = NULL, last_modified = NULL
WHERE etag IS NOT NULL OR last_modified IS NOT NULL;

-- The page that this one is a duplicate of: while that one still has the same digest.
ALTER TABLE urls ADD COLUMN original BIGINT;
ALTER TABLE urls ADD COLUMN original_host BIGINT;

-- The first page of a job with a digest; digest_key is the first 64 bits of it.
CREATE TABLE content (
    job BIGINT NOT NULL,
    digest_key BIGINT NOT NULL,
    host_key BIGINT NOT NULL,
    url_key BIGINT NOT NULL,
    PRIMARY KEY (job, digest_key)
) WITHOUT ROWID;

DROP VIEW v_failures;
DROP VIEW v_pages;

CREATE VIEW v_pages AS
SELECT j.name AS job, u.url,
       CASE u.state WHEN 0 THEN 'queued' WHEN 1 THEN 'done' WHEN 2 THEN 'failed'
                    WHEN 3 THEN 'redirected' ELSE 'excluded' END AS state,
       u.status, u.redirect_to, u.reason, u.content_type, u.charset, u.bytes, u.depth,
       r.url AS referrer, u.tries, u.links, u.new_links, u.title,
       CASE WHEN u.digest IS NOT NULL THEN 'sha256:' || lower(hex(u.digest)) END AS digest,
       strftime('%Y-%m-%dT%H:%M:%S', u.fetched_at / 1000, 'unixepoch') || printf('.%03dZ', u.fetched_at % 1000) AS fetched_at,
       u.elapsed_ms, u.evidence, u.noindex, u.links_cut, o.url AS duplicate_of
FROM urls u
JOIN job j ON j.id = u.job
LEFT JOIN urls r ON r.job = u.job AND r.host_key = u.referrer_host AND r.url_key = u.referrer
LEFT JOIN urls o ON o.job = u.job AND o.host_key = u.original_host AND o.url_key = u.original
     AND o.digest = u.digest AND o.state IN (0, 1)
WHERE u.role = 0;

CREATE VIEW v_failures AS SELECT * FROM v_pages WHERE state = 'failed';

-- Files of archives: what lies beyond end_offset is not recorded.
CREATE TABLE warc_file (
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    end_offset BIGINT NOT NULL,
    closed BOOLEAN NOT NULL,
    PRIMARY KEY (folder, name)
);
CREATE INDEX warc_file_open ON warc_file (name) WHERE NOT closed;

-- Where each body is recorded: folder_key is the xxh3-64 of the folder's name.
CREATE TABLE warc_payload (
    folder_key BIGINT NOT NULL,
    digest BLOB NOT NULL,
    url TEXT NOT NULL,
    date BIGINT NOT NULL,
    PRIMARY KEY (folder_key, digest)
) WITHOUT ROWID;

-- SHA-256 of the recorded body that a page with validators has.
ALTER TABLE urls ADD COLUMN payload BLOB;
