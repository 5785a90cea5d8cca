-- Tables of the payee institutions. Keys and indexes come after the load: see keys.sql.

-- A citizen's account, or (negative id, no holder) the account over which an institution clears.
CREATE TABLE accounts (
    account_id     bigint NOT NULL,
    person_no      bigint,
    institution    text   NOT NULL,
    account_number text   NOT NULL,
    kind           text   NOT NULL,
    currency       text   NOT NULL,
    status         text   NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    behaviour      text   NOT NULL DEFAULT 'normal' CHECK (behaviour IN ('normal', 'rejects', 'slow', 'unclaimed'))
);

-- Who holds an account. The payee that the witness names comes from here, not from what payments said.
CREATE TABLE holders (
    person_no     bigint NOT NULL,
    individual_id text   NOT NULL,
    functional_id text   NOT NULL
);

CREATE TABLE journals (
    number      bigint      PRIMARY KEY,
    booked_on   date        NOT NULL,
    value_date  date        NOT NULL,
    recorded_at timestamptz NOT NULL,
    entered_in  xid8        NOT NULL
);

CREATE TABLE postings (
    journal    bigint NOT NULL REFERENCES journals,
    account_id bigint NOT NULL,
    amount     bigint NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (journal, account_id)
);

-- What was answered for an instruction; the same instruction gets the same answer for ever.
CREATE TABLE outcomes (
    institution    text   NOT NULL,
    instruction_id text   NOT NULL,
    content_hash   text   NOT NULL,
    settlement_id  text   NOT NULL,
    result         text   NOT NULL CHECK (result IN ('credited', 'rejected')),
    reason         text,
    journal        bigint UNIQUE REFERENCES journals,
    account_id     bigint,
    amount         bigint NOT NULL CHECK (amount > 0),
    currency       text   NOT NULL,
    narration      text   NOT NULL,
    claim_by       date,
    PRIMARY KEY (institution, instruction_id),
    CHECK ((result = 'credited') = (journal IS NOT NULL AND account_id IS NOT NULL)),
    CHECK ((result = 'rejected') = (reason IS NOT NULL))
);
CREATE INDEX outcomes_account ON outcomes (account_id) WHERE result = 'credited';
CREATE INDEX outcomes_instruction ON outcomes (instruction_id) WHERE result = 'credited';
CREATE INDEX outcomes_unclaimed ON outcomes (claim_by) WHERE claim_by IS NOT NULL;

-- A credit that nobody claimed, and the contra-entry that took it back.
CREATE TABLE returns (
    institution    text   NOT NULL,
    instruction_id text   NOT NULL,
    journal        bigint NOT NULL UNIQUE REFERENCES journals,
    returned_on    date   NOT NULL,
    PRIMARY KEY (institution, instruction_id),
    FOREIGN KEY (institution, instruction_id) REFERENCES outcomes
);

-- Payments' schema holds its ledger by functions much like these. They stay apart on purpose: a witness that
-- shared the payer's code would share its mistakes.

-- The functions below are planned once per session, perhaps while the ledger is small, and used while it grows:
-- without an index each would take longer with every journal. Hence no sequential scans in them.

-- Numbers are given here and nowhere else, one after another without a gap.
CREATE FUNCTION number_journal() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1);
    SELECT coalesce(max(number), 0) + 1 INTO NEW.number FROM public.journals;
    NEW.recorded_at := clock_timestamp();
    NEW.entered_in := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER number_journal BEFORE INSERT ON journals FOR EACH ROW EXECUTE FUNCTION number_journal();

-- A journal is written once: nothing is added to it after its transaction.
CREATE FUNCTION refuse_late_posting() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.journals
                    WHERE number = NEW.journal AND entered_in = pg_current_xact_id()) THEN
        RAISE check_violation USING MESSAGE = format('journal %s is not open for postings', NEW.journal);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_late_posting BEFORE INSERT ON postings
    FOR EACH ROW EXECUTE FUNCTION refuse_late_posting();

CREATE FUNCTION check_journal(checked bigint) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    lines bigint;
    wrong text;
BEGIN
    SELECT count(*) INTO lines FROM public.postings WHERE journal = checked;
    SELECT string_agg(currency || ' ' || total, ', ') INTO wrong
      FROM (SELECT coalesce(a.currency, 'unknown account') AS currency, sum(p.amount)::text AS total
              FROM public.postings p LEFT JOIN public.accounts a USING (account_id)
             WHERE p.journal = checked
             GROUP BY 1 HAVING sum(p.amount) <> 0) AS sums;
    IF lines < 2 OR wrong IS NOT NULL THEN
        RAISE check_violation USING
            MESSAGE = format('journal %s does not balance: %s postings, %s', checked, lines, wrong);
    END IF;
END $$;
CREATE FUNCTION journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.check_journal(NEW.number);
    RETURN NULL;
END $$;
CREATE FUNCTION posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.check_journal(NEW.journal);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_balances();
CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT ON postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posting_balances();

GRANT SELECT, INSERT ON accounts, holders TO {role};
GRANT UPDATE (status, behaviour) ON accounts TO {role};
GRANT SELECT, INSERT ON journals, postings, outcomes, returns TO {role};
