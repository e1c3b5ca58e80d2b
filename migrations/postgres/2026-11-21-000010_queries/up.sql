DROP VIEW v_suggestions;

UPDATE urls SET via_text = q.text FROM query q WHERE q.job = urls.job AND q.url_key = urls.url_key;

-- harvest.queries is the greatest number of a query.
UPDATE harvest SET queries = (SELECT COALESCE(MAX(u.id), 0) FROM urls u WHERE u.job = harvest.job);

-- A query is its row of urls, which bears its text as via_text; number is that row's id. A row of
-- query holds what it showed in this pass, NULL before an answer, and has no row before that unless it
-- has a purpose other than its tips; nor has one of an exhaustive harvest that showed nothing. What
-- one showed: tips as stored, counts as given, of each kind; its last tip; the generation of the rules
-- that what follows from it was offered under; its letters, where it may have to be looked at again.
CREATE TABLE next_query (
    job BIGINT NOT NULL,
    number BIGINT NOT NULL,
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
SELECT q.job, u.id, q.text, q.purpose, q.pass, q.tips, q.counts, q.last, q.generation, q.letters
FROM query q JOIN urls u ON u.job = q.job AND u.url_key = q.url_key
WHERE q.tips IS NOT NULL OR q.purpose IS NOT NULL
ORDER BY q.job, u.id;

-- tip_key: the first two bytes of the text, and 48 bits of a hash of the tip's kind, its text and the
-- fields that make it another thing; the next free number where another tip has that one. Tips of
-- queries near each other are so near each other. seen: by how many queries of its last pass.
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
SELECT t.job,
       (get_byte(convert_to(t.text, 'UTF8') || '\x0000'::bytea, 0)::bigint << 56)
       | (get_byte(convert_to(t.text, 'UTF8') || '\x0000'::bytea, 1)::bigint << 48)
       | (t.tip_key & 281474976710655),
       t.result, t.text, t.fields, t.first_pass, t.last_pass, t.seen, t.first_at
FROM suggestion t
ORDER BY 1, 2;

-- A query, by its number, showed a tip.
CREATE TABLE next_sighting (
    job BIGINT NOT NULL,
    query BIGINT NOT NULL,
    tip_key BIGINT NOT NULL,
    rank INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    PRIMARY KEY (job, query, tip_key)
);
INSERT INTO next_sighting
SELECT t.job, u.id,
       (get_byte(convert_to(t.text, 'UTF8') || '\x0000'::bytea, 0)::bigint << 56)
       | (get_byte(convert_to(t.text, 'UTF8') || '\x0000'::bytea, 1)::bigint << 48)
       | (t.tip_key & 281474976710655),
       s.rank, s.pass
FROM sighting s
JOIN query q ON q.job = s.job AND q.number = s.query
JOIN urls u ON u.job = q.job AND u.url_key = q.url_key
JOIN suggestion t ON t.job = s.job AND t.tip_key = s.tip_key
ORDER BY 1, 2, 3;

DROP TABLE sighting;
ALTER TABLE next_sighting RENAME TO sighting;
DROP TABLE query;
ALTER TABLE next_query RENAME TO query;
DROP TABLE suggestion;
ALTER TABLE next_suggestion RENAME TO suggestion;
ALTER INDEX next_sighting_pkey RENAME TO sighting_pkey;
ALTER INDEX next_query_pkey RENAME TO query_pkey;
ALTER INDEX next_suggestion_pkey RENAME TO suggestion_pkey;
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
