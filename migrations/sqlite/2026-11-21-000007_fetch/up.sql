-- Hosts that the operator named in a list: they may be private.
ALTER TABLE job_host ADD COLUMN named BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX job_host_named ON job_host (job, host_key) WHERE named;
