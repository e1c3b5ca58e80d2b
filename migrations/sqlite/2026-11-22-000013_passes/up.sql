-- What a harvest, a list or a listing did not come to in its present pass has not failed in it.
DROP VIEW v_failures;
CREATE VIEW v_failures AS
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
WHERE u.role = 0 AND u.state = 2
  AND (u.pass >= j.pass OR j.kind NOT IN ('suggest', 'fetch', 'scrape'));

-- Items by their own page, which decides whether they are there where some of its fields are required.
CREATE INDEX item_detail ON item (job, detail_host, detail_key) WHERE detail_key IS NOT NULL;
