DROP VIEW v_suggestions;

CREATE TABLE next_query (
    job BIGINT NOT NULL,
    number BIGINT NOT NULL,
    url_key BIGINT NOT NULL,
    text TEXT NOT NULL,
    purpose TEXT,
    pass INTEGER NOT NULL,
    tips INTEGER,
    counts TEXT,
    last TEXT,
    generation INTEGER NOT NULL,
    letters INTEGER,
    PRIMARY KEY (job, number)
);
INSERT INTO next_query
SELECT u.job, ROW_NUMBER() OVER (PARTITION BY u.job ORDER BY u.id), u.url_key, u.via_text, q.purpose,
       u.pass,
       CASE WHEN q.number IS NULL AND u.state = 1 THEN 0 ELSE q.tips END,
       CASE WHEN q.number IS NULL AND u.state = 1 THEN '0' ELSE q.counts END,
       q.last, COALESCE(q.generation, 0), q.letters
FROM urls u
JOIN harvest h ON h.job = u.job
LEFT JOIN query q ON q.job = u.job AND q.number = u.id AND q.pass = u.pass
WHERE u.via_text IS NOT NULL;

CREATE TABLE next_suggestion (
    job BIGINT NOT NULL,
    tip_key BIGINT NOT NULL,
    result TEXT NOT NULL,
    text TEXT NOT NULL,
    fields TEXT,
    first_pass INTEGER NOT NULL,
    last_pass INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    first_at BIGINT NOT NULL,
    PRIMARY KEY (job, tip_key)
);
INSERT INTO next_suggestion
SELECT t.job, t.tip_key & 281474976710655,
       t.result, t.text, t.fields, t.first_pass, t.last_pass, t.seen, t.first_at
FROM suggestion t;

CREATE TABLE next_sighting (
    job BIGINT NOT NULL,
    query BIGINT NOT NULL,
    tip_key BIGINT NOT NULL,
    rank INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    PRIMARY KEY (job, query, tip_key)
);
INSERT INTO next_sighting
SELECT s.job, q.number, s.tip_key & 281474976710655, s.rank, s.pass
FROM sighting s
JOIN urls u ON u.job = s.job AND u.id = s.query
JOIN next_query q ON q.job = u.job AND q.url_key = u.url_key;

UPDATE harvest SET queries = (SELECT COUNT(*) FROM next_query q WHERE q.job = harvest.job);
UPDATE urls SET via_text = NULL WHERE job IN (SELECT job FROM harvest);

DROP TABLE sighting;
ALTER TABLE next_sighting RENAME TO sighting;
DROP TABLE query;
ALTER TABLE next_query RENAME TO query;
DROP TABLE suggestion;
ALTER TABLE next_suggestion RENAME TO suggestion;
ALTER INDEX next_sighting_pkey RENAME TO sighting_pkey;
ALTER INDEX next_query_pkey RENAME TO query_pkey;
ALTER INDEX next_suggestion_pkey RENAME TO suggestion_pkey;
CREATE UNIQUE INDEX query_by_url ON query (job, url_key);
CREATE INDEX query_that_grows ON query (job, letters, number) WHERE letters IS NOT NULL;

CREATE VIEW v_suggestions AS
SELECT j.name AS job, t.result, q.text AS query, s.rank, t.text, t.fields,
       to_char(to_timestamp(t.first_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
           || '.' || lpad((t.first_at % 1000)::text, 3, '0') || 'Z' AS first_seen,
       t.first_pass, t.last_pass, s.pass
FROM sighting s
JOIN query q ON q.job = s.job AND q.number = s.query
JOIN suggestion t ON t.job = s.job AND t.tip_key = s.tip_key
JOIN job j ON j.id = s.job;
