CREATE INDEX contacts_by_email ON contacts (lower(email));
CREATE INDEX contacts_by_phone ON contacts (phone);
CREATE INDEX messages_by_person ON messages (individual_id, number);
CREATE INDEX messages_by_request ON messages (request_uid);
