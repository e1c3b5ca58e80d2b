-- Of the running time of this pass, that in which nothing was being asked.
ALTER TABLE job ADD COLUMN waiting_ms BIGINT NOT NULL DEFAULT 0;
