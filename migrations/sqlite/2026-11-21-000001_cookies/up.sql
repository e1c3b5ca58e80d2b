-- The cookies of each job; expires_at NULL: until the end of the pass.
CREATE TABLE cookie (
    job BIGINT NOT NULL,
    domain TEXT NOT NULL,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    host_only BOOLEAN NOT NULL,
    secure BOOLEAN NOT NULL,
    http_only BOOLEAN NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (job, domain, path, name)
) WITHOUT ROWID;
