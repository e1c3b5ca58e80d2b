-- What a page is asked for: 0 what the job takes from all pages, 1 the further fields of an item,
-- 2 its status.
ALTER TABLE urls ADD COLUMN task SMALLINT NOT NULL DEFAULT 0;
