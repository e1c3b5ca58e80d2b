-- role: 0 a page, 1 a sitemap, which is asked like a page and never counted as one.
ALTER TABLE urls ADD COLUMN role SMALLINT NOT NULL DEFAULT 0;
CREATE INDEX urls_sitemaps ON urls (job, host_key) WHERE role = 1;

DROP VIEW v_failures;
DROP VIEW v_pages;
DROP VIEW v_queue;
DROP VIEW v_links;

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
LEFT JOIN urls r ON r.job = u.job AND r.host_key = u.referrer_host AND r.url_key = u.referrer
WHERE u.role = 0;

CREATE VIEW v_failures AS SELECT * FROM v_pages WHERE state = 'failed';

CREATE VIEW v_queue AS
SELECT j.name AS job, h.authority AS host, u.url, u.depth, u.tries, u.reason,
       to_char(to_timestamp(u.due_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
           || '.' || lpad((u.due_at % 1000)::text, 3, '0') || 'Z' AS due_at
FROM urls u
JOIN job j ON j.id = u.job
LEFT JOIN host h ON h.host_key = u.host_key
WHERE u.due_at IS NOT NULL AND u.role = 0;

CREATE VIEW v_links AS
SELECT j.name AS job, s.url AS source, l.target, CASE l.kind WHEN 0 THEN 'root' WHEN 1 THEN 'a' WHEN 2 THEN 'area' WHEN 3 THEN 'next'
            WHEN 4 THEN 'prev' WHEN 5 THEN 'alternate' WHEN 6 THEN 'canonical' WHEN 7 THEN 'frame'
            WHEN 8 THEN 'iframe' WHEN 9 THEN 'image' WHEN 10 THEN 'refresh' WHEN 11 THEN 'redirect'
            WHEN 12 THEN 'feed' WHEN 13 THEN 'sitemap' END AS kind, l.text, l.nofollow
FROM link l
JOIN job j ON j.id = l.job
JOIN urls s ON s.job = l.job AND s.host_key = l.source_host AND s.url_key = l.source
UNION ALL
SELECT j.name, s.url, u.url, CASE u.via_kind WHEN 0 THEN 'root' WHEN 1 THEN 'a' WHEN 2 THEN 'area' WHEN 3 THEN 'next'
            WHEN 4 THEN 'prev' WHEN 5 THEN 'alternate' WHEN 6 THEN 'canonical' WHEN 7 THEN 'frame'
            WHEN 8 THEN 'iframe' WHEN 9 THEN 'image' WHEN 10 THEN 'refresh' WHEN 11 THEN 'redirect'
            WHEN 12 THEN 'feed' WHEN 13 THEN 'sitemap' END, u.via_text, u.via_nofollow
FROM urls u
JOIN job j ON j.id = u.job
JOIN urls s ON s.job = u.job AND s.host_key = u.referrer_host AND s.url_key = u.referrer
WHERE u.role = 0 AND NOT EXISTS (SELECT 1 FROM link l WHERE l.job = u.job);

-- Sitemaps: urls are the pages listed, new_urls those that became known by it; nesting counts the
-- indexes above, of which the nearest is listed_by (none: a robots.txt).
CREATE VIEW v_sitemaps AS
SELECT j.name AS job, u.url,
       CASE u.state WHEN 0 THEN 'queued' WHEN 1 THEN 'done' WHEN 2 THEN 'failed'
                    WHEN 3 THEN 'redirected' ELSE 'excluded' END AS state,
       u.status, u.redirect_to, u.reason, u.evidence, u.depth AS nesting, r.url AS listed_by, u.tries,
       u.links AS urls, u.new_links AS new_urls, u.links_cut AS cut, u.bytes,
       to_char(to_timestamp(u.fetched_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
           || '.' || lpad((u.fetched_at % 1000)::text, 3, '0') || 'Z' AS fetched_at
FROM urls u
JOIN job j ON j.id = u.job
LEFT JOIN urls r ON r.job = u.job AND r.host_key = u.referrer_host AND r.url_key = u.referrer
WHERE u.role = 1;
