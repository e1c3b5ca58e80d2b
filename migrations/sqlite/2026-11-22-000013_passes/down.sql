DROP INDEX item_detail;
DROP VIEW v_failures;
CREATE VIEW v_failures AS SELECT * FROM v_pages WHERE state = 'failed';
