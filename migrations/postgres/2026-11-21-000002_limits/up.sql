-- Decoded body bytes of the pass.
ALTER TABLE job ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;

-- What keeps the job from asking more here though URLs are queued: 0 nothing,
-- 1 max_pages_per_host, 2 max_hosts. Such a host is not leased for the job.
ALTER TABLE job_host ADD COLUMN beyond SMALLINT NOT NULL DEFAULT 0;
DROP INDEX job_host_due;
CREATE INDEX job_host_due ON job_host (job, host_key) WHERE due_at IS NOT NULL AND beyond = 0;

-- URLs that differ in numbers, dates, tokens and values of their query only, where there are many.
-- urls: those queued; refused: those beyond max_per_template.
CREATE TABLE template (
    job BIGINT NOT NULL,
    template_key BIGINT NOT NULL,
    pattern TEXT NOT NULL,
    example TEXT NOT NULL,
    urls BIGINT NOT NULL,
    refused BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (job, template_key)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
