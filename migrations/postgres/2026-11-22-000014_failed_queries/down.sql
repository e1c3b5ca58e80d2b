DROP INDEX urls_sitemaps;
CREATE INDEX urls_sitemaps ON urls (job, host_key) WHERE role = 1;
DROP INDEX urls_failed;
