-- What was answered with a failure, by the length of what was sent: a harvest looks at it time and again.
CREATE INDEX urls_failed ON urls (job, pass, length(via_text), id) WHERE state = 2 AND status IS NOT NULL;

-- Those of one pass are counted.
DROP INDEX urls_sitemaps;
CREATE INDEX urls_sitemaps ON urls (job, host_key, pass) WHERE role = 1;
