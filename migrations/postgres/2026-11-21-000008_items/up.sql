-- Items of listings. item_key tells an item from the others of its job: xxh3-64 of its key fields,
-- or else of all its fields. It stands where it was last seen: the page (host_key, url_key), which
-- is page_no of its listing, and there as number ordinal. changed_pass: in which its fields last
-- changed, from those in previous. gone_pass: at whose end it had not been seen.
CREATE TABLE item (
    job BIGINT NOT NULL,
    item_key BIGINT NOT NULL,
    host_key BIGINT NOT NULL,
    url_key BIGINT NOT NULL,
    page_no INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    fields TEXT NOT NULL,
    digest BIGINT NOT NULL,
    previous TEXT,
    detail_host BIGINT,
    detail_key BIGINT,
    first_pass INTEGER NOT NULL,
    last_pass INTEGER NOT NULL,
    changed_pass INTEGER NOT NULL,
    gone_pass INTEGER,
    PRIMARY KEY (job, item_key)
);
CREATE INDEX item_place ON item (job, host_key, page_no, url_key, ordinal, item_key);

-- Further fields of items, by the page that holds them. Where that page redirects, to_host and
-- to_key are the page at the end.
CREATE TABLE detail (
    job BIGINT NOT NULL,
    host_key BIGINT NOT NULL,
    url_key BIGINT NOT NULL,
    fields TEXT,
    digest BIGINT,
    previous TEXT,
    changed_pass INTEGER NOT NULL,
    to_host BIGINT,
    to_key BIGINT,
    PRIMARY KEY (job, host_key, url_key)
);
CREATE INDEX detail_to ON detail (job, to_host, to_key) WHERE to_key IS NOT NULL;

-- Pages of listings: start is the url_key of the listing's first page, fingerprint stands for the
-- page's items, held: the page lies beyond max_pages and waits in the queue, without a date.
CREATE TABLE listing (
    job BIGINT NOT NULL,
    host_key BIGINT NOT NULL,
    url_key BIGINT NOT NULL,
    start BIGINT NOT NULL,
    pass INTEGER NOT NULL,
    fingerprint BIGINT,
    held BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (job, host_key, url_key)
);
CREATE INDEX listing_shown ON listing (job, start, pass, fingerprint);

-- What was counted in a pass: items seen, dropped, seen twice; by field what was missing or could
-- not be read. Where there is a field, its first value that could not be read is the sample.
CREATE TABLE item_tally (
    job BIGINT NOT NULL,
    pass INTEGER NOT NULL,
    what TEXT NOT NULL,
    field TEXT NOT NULL,
    amount BIGINT NOT NULL,
    sample TEXT,
    PRIMARY KEY (job, pass, what, field)
);

CREATE VIEW v_items AS
SELECT j.name AS job, u.url AS page, i.ordinal, i.fields,
       COALESCE(t.fields, d.fields) AS detail, i.page_no, i.first_pass, i.last_pass, i.changed_pass
FROM item i
JOIN job j ON j.id = i.job
JOIN urls u ON u.job = i.job AND u.host_key = i.host_key AND u.url_key = i.url_key
LEFT JOIN detail d ON d.job = i.job AND d.host_key = i.detail_host AND d.url_key = i.detail_key
LEFT JOIN detail t ON t.job = d.job AND t.host_key = d.to_host AND t.url_key = d.to_key
WHERE i.gone_pass IS NULL;
