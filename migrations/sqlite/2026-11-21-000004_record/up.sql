-- Pages of this pass that had not changed since they were last asked.
ALTER TABLE job ADD COLUMN not_modified BIGINT NOT NULL DEFAULT 0;

-- Validators are now kept only of pages that were read whole, and by the rules of this version.
UPDATE urls SET etag = NULL, last_modified = NULL
WHERE etag IS NOT NULL OR last_modified IS NOT NULL;
