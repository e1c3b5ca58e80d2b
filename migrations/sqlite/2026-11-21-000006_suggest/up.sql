-- How far the harvest of an endpoint that suggests is in a pass. seq changes with every transaction
-- that changes it; queries counts those that got a number; plan tells what the record was made for;
-- warnings, the last ones, stand one in a line.
CREATE TABLE harvest (
    job BIGINT NOT NULL PRIMARY KEY,
    pass INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    queries BIGINT NOT NULL,
    plan TEXT NOT NULL,
    record TEXT NOT NULL,
    warnings TEXT
);

-- A query; its row of urls has what came of asking. number: in the order of offering. text: as it is
-- sent. purpose: NULL for its tips, else JSON. What it showed in this pass, NULL before an answer:
-- tips as stored, counts as given, of each kind; its last tip; the generation of the rules that what
-- follows from it was offered under; its letters, where it may have to be looked at again.
CREATE TABLE query (
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
) WITHOUT ROWID;
CREATE UNIQUE INDEX query_by_url ON query (job, url_key);
CREATE INDEX query_that_grows ON query (job, letters, number) WHERE letters IS NOT NULL;

-- A tip, once however many queries show it. tip_key: hash of its kind, its text and the fields that
-- make it another thing. seen: by how many queries of its last pass. fields: JSON.
CREATE TABLE suggestion (
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
) WITHOUT ROWID;

-- A query showed a tip, last in this pass, at this place among those of its kind, from 1.
CREATE TABLE sighting (
    job BIGINT NOT NULL,
    query BIGINT NOT NULL,
    tip_key BIGINT NOT NULL,
    rank INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    PRIMARY KEY (job, query, tip_key)
) WITHOUT ROWID;

CREATE VIEW v_suggestions AS
SELECT j.name AS job, t.result, q.text AS query, s.rank, t.text, t.fields,
       strftime('%Y-%m-%dT%H:%M:%S', t.first_at / 1000, 'unixepoch') || printf('.%03dZ', t.first_at % 1000) AS first_seen,
       t.first_pass, t.last_pass, s.pass
FROM sighting s
JOIN query q ON q.job = s.job AND q.number = s.query
JOIN suggestion t ON t.job = s.job AND t.tip_key = s.tip_key
JOIN job j ON j.id = s.job;
