DROP VIEW v_sitemaps;
DROP VIEW v_failures;
DROP VIEW v_pages;
DROP VIEW v_queue;
DROP VIEW v_links;
DROP INDEX urls_sitemaps;
DELETE FROM urls WHERE role = 1;
ALTER TABLE urls DROP COLUMN role;

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
LEFT JOIN urls r ON r.job = u.job AND r.host_key = u.referrer_host AND r.url_key = u.referrer;

CREATE VIEW v_failures AS SELECT * FROM v_pages WHERE state = 'failed';

CREATE VIEW v_queue AS
SELECT j.name AS job, h.authority AS host, u.url, u.depth, u.tries, u.reason,
       strftime('%Y-%m-%dT%H:%M:%S', u.due_at / 1000, 'unixepoch') || printf('.%03dZ', u.due_at % 1000) AS due_at
FROM urls u
JOIN job j ON j.id = u.job
LEFT JOIN host h ON h.host_key = u.host_key
WHERE u.due_at IS NOT NULL;

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
