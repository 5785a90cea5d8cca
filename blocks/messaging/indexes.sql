CREATE INDEX contacts_by_email ON contacts (lower(email));
CREATE INDEX contacts_by_phone ON contacts (phone);
CREATE INDEX messages_by_person ON messages (individual_id, arrival) WHERE status = 'delivered';
CREATE INDEX messages_by_request ON messages (request_uid);
CREATE INDEX messages_due ON messages (retry_at) WHERE status IN ('scheduled', 'processing', 'deferred');
CREATE INDEX requests_unreported ON requests (request_uid) WHERE NOT reported;
CREATE INDEX callbacks_due ON callbacks (retry_at) WHERE ended_at IS NULL;
CREATE INDEX emails_by_arrival ON messages (arrival) WHERE status = 'delivered' AND channel = 'email';
