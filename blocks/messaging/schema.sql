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
    content_hash text NOT NULL
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
    CHECK ((status = 'delivered') = (individual_id IS NOT NULL))
);

CREATE TABLE replies (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_uid text NOT NULL REFERENCES requests,
    meta text NOT NULL,
    content text NOT NULL,
    received_at timestamptz NOT NULL
);

GRANT SELECT ON contacts TO {role};
GRANT SELECT, INSERT ON requests, messages, replies TO {role};
