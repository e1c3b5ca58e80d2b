DROP INDEX job_host_named;
ALTER TABLE job_host DROP COLUMN named;
