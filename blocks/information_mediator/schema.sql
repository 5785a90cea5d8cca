-- The wiring: written by the loader, read by the serving role.
CREATE TABLE members (
    instance text NOT NULL,
    class text NOT NULL,
    code text NOT NULL,
    PRIMARY KEY (instance, class, code)
);
CREATE TABLE applications (
    application text PRIMARY KEY CHECK (application ~ '^[^/]+/[^/]+/[^/]+/[^/]+$'),
    instance text NOT NULL,
    class text NOT NULL,
    member text NOT NULL,
    name text NOT NULL,
    proof text CHECK (proof IN ('block', 'sandbox')),  -- NULL: it offers services and never calls
    block text,
    FOREIGN KEY (instance, class, member) REFERENCES members
);
CREATE TABLE services (
    application text PRIMARY KEY REFERENCES applications,
    block text NOT NULL,
    name text NOT NULL,
    public text[] NOT NULL
);
CREATE TABLE operations (
    application text NOT NULL REFERENCES services,
    position integer NOT NULL,
    operation_id text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    summary text NOT NULL,
    personal text[] NOT NULL,
    secret text[] NOT NULL,
    subject text,
    PRIMARY KEY (application, operation_id)
);
CREATE TABLE rights (
    position integer PRIMARY KEY,
    client text NOT NULL REFERENCES applications,
    service text NOT NULL REFERENCES services,
    operations text[] NOT NULL,
    purpose text NOT NULL,
    legal_basis text NOT NULL,
    retention text NOT NULL,
    recipient text NOT NULL,
    consent text
);

-- The message log. `line` is canonical JSON that holds its number and the hash before it, and `hash`
-- is its SHA-256: there is no column beside them that could be edited without breaking the chain.
CREATE TABLE exchanges (
    number bigint PRIMARY KEY CHECK (number > 0),
    line text NOT NULL,
    hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{{64}}$')
);

-- Callbacks for outside applications, until a reset.
CREATE TABLE messages (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    kind text NOT NULL,
    correlation text NOT NULL,
    body text NOT NULL,
    delivered_at timestamptz NOT NULL
);
CREATE INDEX messages_by_correlation ON messages (correlation, kind);

GRANT SELECT ON members, applications, services, operations, rights TO {role};
GRANT SELECT, INSERT ON exchanges TO {role};
GRANT SELECT, INSERT, DELETE ON messages TO {role};
