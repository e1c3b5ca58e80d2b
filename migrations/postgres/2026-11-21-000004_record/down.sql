ALTER TABLE job DROP COLUMN not_modified;
