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
       u.elapsed_ms, u.evidence, u.noindex, u.links_cut
FROM urls u
JOIN job j ON j.id = u.job
LEFT JOIN urls r ON r.job = u.job AND r.host_key = u.referrer_host AND r.url_key = u.referrer
WHERE u.role = 0;

CREATE VIEW v_failures AS SELECT * FROM v_pages WHERE state = 'failed';

DROP TABLE content;
ALTER TABLE urls DROP COLUMN original_host;
ALTER TABLE urls DROP COLUMN original;
ALTER TABLE job DROP COLUMN not_modified;
ALTER TABLE urls DROP COLUMN payload;
DROP TABLE warc_payload;
DROP TABLE warc_file;
