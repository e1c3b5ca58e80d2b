DROP VIEW v_suggestions;
DROP TABLE sighting;
DROP TABLE suggestion;
DROP TABLE query;
DROP TABLE harvest;
