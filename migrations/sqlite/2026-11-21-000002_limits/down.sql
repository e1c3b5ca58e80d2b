DROP TABLE template;
DROP INDEX job_host_due;
ALTER TABLE job_host DROP COLUMN beyond;
CREATE INDEX job_host_due ON job_host (job, due_at) WHERE due_at IS NOT NULL;
ALTER TABLE job DROP COLUMN bytes;
