ALTER TABLE job DROP COLUMN waiting_ms;
