-- Tables of the vouchers. Their money lies in the pool of their group until it is redeemed or lapses.

CREATE TABLE source_blocks (name text PRIMARY KEY);

CREATE TABLE voucher_groups (
    name       text PRIMARY KEY,
    valid_days int  NOT NULL CHECK (valid_days BETWEEN 1 AND 3660)
);

-- Who may be paid with vouchers; `agent_id` is the short name that the published dialect uses.
CREATE TABLE merchants (
    name          text PRIMARY KEY,
    agent_id      text UNIQUE,
    bank_details  text NOT NULL,
    voucher_group text NOT NULL,
    status        text NOT NULL CHECK (status IN ('open', 'closed'))
);

-- The secret number is kept sealed, and found by a keyed digest; `set_aside` tells that the voucher's own money is
-- in its group's pool, which it isn't for printed stock.
CREATE SEQUENCE voucher_serials MINVALUE 1000000000100001;
CREATE TABLE vouchers (
    serial         bigint  PRIMARY KEY,
    number_sealed  bytea,
    number_digest  bytea   UNIQUE,
    voucher_group  text    NOT NULL,
    currency       text    NOT NULL,
    amount         bigint  NOT NULL CHECK (amount > 0),
    set_aside      boolean NOT NULL,
    source_bb      text    NOT NULL,
    batch_id       text    NOT NULL,
    instruction_id text    NOT NULL,
    payee          text    NOT NULL,
    narration      text    NOT NULL,
    request_key    text    NOT NULL,
    status         text    NOT NULL CHECK (status IN ('void', 'printed', 'pre-activated', 'activated', 'blocked',
                                                      'redeemed', 'cancelled', 'expired')),
    wrong_tries    int     NOT NULL DEFAULT 0,
    merchant       text,
    created_on     date    NOT NULL,
    expires_on     date    NOT NULL
);
CREATE INDEX vouchers_due ON vouchers (expires_on) WHERE status IN ('pre-activated', 'activated', 'blocked');
CREATE INDEX vouchers_request ON vouchers (request_key) WHERE request_key <> '';

-- Numbers of printed stock wait here until the block that has the key has started, and are sealed then.
CREATE TABLE unsealed_numbers (serial bigint PRIMARY KEY REFERENCES vouchers, number bigint NOT NULL);

-- Whoever was shown a secret number, and when.
CREATE TABLE disclosures (
    serial bigint      NOT NULL REFERENCES vouchers,
    shown_to text      NOT NULL,
    shown_on date      NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION fault_of_voucher_journal(
    kind text, batch text, instruction text, contra bigint, volume bigint, giver text) RETURNS text
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    voucher public.vouchers;
BEGIN
    SELECT * INTO voucher FROM public.vouchers WHERE serial::text = instruction AND amount = volume;
    IF voucher IS NULL THEN
        RETURN 'is of no voucher of its amount';
    END IF;
    IF voucher.set_aside AND kind <> 'issue' AND (
            giver <> 'voucher:' || voucher.voucher_group || ':' || voucher.currency
            OR NOT EXISTS (SELECT FROM public.journals i
                            WHERE i.kind = 'issue' AND i.batch_id = batch AND i.instruction_id = instruction
                              AND coalesce(contra, i.number) = i.number)) THEN
        RETURN 'follows no issue';
    END IF;
    RETURN NULL;
END $$;
CREATE INDEX vouchers_name ON vouchers ((serial::text));

-- A voucher that was used, cancelled or has expired stays so.
CREATE FUNCTION refuse_second_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
            ('pre-activated', 'activated'), ('pre-activated', 'cancelled'), ('pre-activated', 'expired'),
            ('activated', 'activated'), ('activated', 'redeemed'), ('activated', 'cancelled'),
            ('activated', 'expired'), ('activated', 'blocked'), ('blocked', 'cancelled'), ('blocked', 'expired'))
       AND NOT (OLD.status = NEW.status AND OLD.number_sealed IS NULL) THEN
        RAISE check_violation USING MESSAGE = format(
            'voucher %s is %s and can''t become %s', OLD.serial, OLD.status, NEW.status);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_second_use BEFORE UPDATE ON vouchers FOR EACH ROW EXECUTE FUNCTION refuse_second_use();

GRANT SELECT, INSERT ON vouchers, disclosures TO {role};
GRANT UPDATE (status, wrong_tries, merchant, number_sealed, number_digest) ON vouchers TO {role};
GRANT SELECT, INSERT, UPDATE ON source_blocks, voucher_groups, merchants TO {role};
GRANT SELECT, DELETE ON unsealed_numbers TO {role};
GRANT USAGE ON SEQUENCE voucher_serials TO {role};
