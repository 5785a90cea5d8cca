-- Whose inbox an address leads to.
CREATE TABLE contacts (
    individual_id text NOT NULL,
    email text,
    phone text
);

-- What was asked: one row per call, found again by its sender's key only.
CREATE TABLE requests (
    request_uid text PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    key_hash text NOT NULL,
    content_hash text NOT NULL,
    wants_callback boolean NOT NULL DEFAULT false,
    reported boolean NOT NULL DEFAULT false,  -- its outcome is known and, where wanted, its callback queued
    exchange text NOT NULL DEFAULT ''
);

-- What arrived or did not: one row per recipient. A message without a person went to nobody's inbox.
CREATE TABLE messages (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL UNIQUE,
    request_uid text REFERENCES requests,
    individual_id text,
    address text,
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'app')),
    sender text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    sensitive boolean NOT NULL,
    status text NOT NULL
        CHECK (status IN ('scheduled', 'processing', 'deferred', 'bounced', 'notSent', 'delivered')),
    sent_at timestamptz NOT NULL,
    arrival bigint,  -- its place in the inbox, given when it is delivered
    failures integer NOT NULL DEFAULT 0,
    retry_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (status <> 'delivered' OR (individual_id IS NOT NULL AND arrival IS NOT NULL))
);
CREATE SEQUENCE arrivals;

CREATE TABLE replies (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_uid text NOT NULL REFERENCES requests,
    meta text NOT NULL,
    content text NOT NULL,
    received_at timestamptz NOT NULL
);

-- What a sender is still to be told, and was.
CREATE TABLE callbacks (
    callback_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_uid text NOT NULL UNIQUE REFERENCES requests,
    body jsonb NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    retry_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);

-- Links that open one person's inbox page: only their hashes are kept.
CREATE TABLE links (
    link_hash text PRIMARY KEY,
    individual_id text NOT NULL,
    expires_at timestamptz NOT NULL
);

GRANT SELECT ON contacts TO {role};
GRANT SELECT, INSERT ON requests, messages, replies, callbacks, links TO {role};
GRANT UPDATE (reported) ON requests TO {role};
GRANT UPDATE (status, arrival, failures, retry_at) ON messages TO {role};
GRANT UPDATE (failures, retry_at, ended_at) ON callbacks TO {role};
GRANT USAGE ON SEQUENCE arrivals TO {role};
