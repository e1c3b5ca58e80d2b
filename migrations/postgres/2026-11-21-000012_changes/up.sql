-- In which pass a page was last found to be another, and how: the pass by 4, and 1 for new, 2 for
-- changed, 3 for gone. was_digest, while it is asked again: of its last result that was done, empty
-- where that had none; NULL where there is none, or it was gone since.
ALTER TABLE urls ADD COLUMN changed INTEGER;
ALTER TABLE urls ADD COLUMN was_digest BYTEA;
