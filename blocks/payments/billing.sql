-- Bills that people owe to government, and requests to pay them.

CREATE TABLE bills (
    bill_id      text   PRIMARY KEY,
    biller_id    text   NOT NULL,
    biller_name  text   NOT NULL,
    currency     text   NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    amount_late  bigint NOT NULL CHECK (amount_late >= amount),
    due_on       date   NOT NULL,
    status       text   NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'refused')),
    payer_fi     text   NOT NULL DEFAULT '',
    reference    text   NOT NULL DEFAULT '',
    acknowledged boolean NOT NULL DEFAULT false,
    presented_on date   NOT NULL
);

-- Who asked about a bill: only an institution that did can announce its payment.
CREATE TABLE inquiries (
    payer_fi   text NOT NULL,
    request_id text NOT NULL,
    bill_id    text NOT NULL,
    PRIMARY KEY (payer_fi, request_id)
);

-- PND pending, COM paid, RJC rejected by the payer, EXP expired, CAN the bill was paid otherwise.
CREATE TABLE requests_to_pay (
    biller_id      text   NOT NULL,
    rtp_id         bigint NOT NULL,
    transaction_id text   NOT NULL UNIQUE,
    bill_id        text   NOT NULL REFERENCES bills,
    payer_fi       text   NOT NULL,
    correlation    text   NOT NULL,
    status         text   NOT NULL DEFAULT 'PND' CHECK (status IN ('PND', 'COM', 'RJC', 'EXP', 'CAN')),
    expires_on     date   NOT NULL,
    updated_on     date   NOT NULL,
    PRIMARY KEY (biller_id, rtp_id)
);
CREATE SEQUENCE rtp_transactions;
CREATE INDEX requests_to_pay_due ON requests_to_pay (expires_on) WHERE status = 'PND';

CREATE FUNCTION refuse_way_back_of_bill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
            ('open', 'open'), ('open', 'paid'), ('paid', 'paid'), ('paid', 'refused')) THEN
        RAISE check_violation USING MESSAGE = format(
            'bill %s is %s and can''t become %s', OLD.bill_id, OLD.status, NEW.status);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_way_back_of_bill BEFORE UPDATE ON bills
    FOR EACH ROW EXECUTE FUNCTION refuse_way_back_of_bill();

GRANT SELECT, INSERT, UPDATE ON bills, requests_to_pay TO {role};
GRANT SELECT, INSERT ON inquiries TO {role};
GRANT USAGE ON SEQUENCE rtp_transactions TO {role};
