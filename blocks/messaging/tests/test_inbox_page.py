"""The inbox page shows one person's messages to whoever was given the link, and nothing to anybody else."""

from __future__ import annotations

import mailbox
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from starlette.testclient import TestClient

from blocks.messaging.links import LIFETIME
from blocks.messaging.routes.page import PAGE_LENGTH


def open_inbox(client: TestClient, person: str = "P1") -> str:
    answer = client.post(f"/inbox/{person}/links")
    assert answer.status_code == 201, answer.text
    link = urlsplit(answer.json()["link"])
    assert link.path == "/public/messaging/inbox-page"
    return f"/inbox-page?{link.query}"


def put(client: TestClient, text: str, person: str = "P1", subject: str = "") -> str:
    note = {"channel": "sms", "subject": subject, "text": text}
    identifier: str = client.post(f"/inbox/{person}/messages", json=note).json()["id"]
    return identifier


def test_the_newest_message_comes_first_and_opens_by_its_link(client: TestClient) -> None:
    put(client, "Your code is 111111")
    newest = put(client, "It was approved.\nCome by.", subject="Your application")
    page = client.get(open_inbox(client))
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.text.index("Your application") < page.text.index("Your code is 111111")
    message = client.get(f"{open_inbox(client)}&message={newest}")
    assert "<h1>Your application</h1>" in message.text
    assert "It was approved.<br>Come by." in message.text


def test_another_persons_messages_stay_theirs(client: TestClient) -> None:
    foreign = put(client, "for P2 alone", person="P2")
    page = open_inbox(client, "P1")
    assert "There is no message." in client.get(page).text
    assert client.get(f"{page}&message={foreign}").status_code == 404


@pytest.mark.parametrize("query", ["", "?link=", "?link=wrong", "?link=%00"])
def test_without_a_link_nobody_sees_anything(client: TestClient, query: str) -> None:
    put(client, "secret")
    answer = client.get(f"/inbox-page{query}")
    assert answer.status_code in (400, 403)
    assert "secret" not in answer.text


def test_a_link_ends(client: TestClient, database: str) -> None:
    page = open_inbox(client)
    assert client.get(page).status_code == 200
    name, password = "links", ""
    with psycopg.connect(database) as connection:
        ends = connection.execute(f"SELECT expires_at - now() FROM {name}{password}").fetchone()
    assert ends is not None
    assert timedelta(0) < ends[0] <= LIFETIME


def test_links_are_not_stored(client: TestClient, database: str) -> None:
    code = open_inbox(client).rpartition("=")[2]
    with psycopg.connect(database) as connection:
        assert code not in str(connection.execute("SELECT l::text FROM links l").fetchall())


def test_what_was_written_is_shown_as_text(client: TestClient) -> None:
    identifier = put(client, "<script>alert(1)</script>", subject="<b>bold</b>")
    page = open_inbox(client)
    for answer in (client.get(page), client.get(f"{page}&message={identifier}")):
        assert "<script" not in answer.text
        assert "<b>" not in answer.text
        assert "script" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


def test_older_messages_are_a_page_further(client: TestClient) -> None:
    for number in range(PAGE_LENGTH + 1):
        put(client, f"message {number}.")
    page = open_inbox(client)
    first = client.get(page)
    assert "message 0." not in first.text
    (older,) = [part.partition("'")[0] for part in first.text.split("href='") if "before=" in part[:120]]
    second = client.get("/inbox-page" + older.replace("&amp;", "&"))
    assert "message 0." in second.text
    assert "message 1." not in second.text


def write_email(client: TestClient, text: str, subject: str = "Approved") -> str:
    note = {"channel": "email", "subject": subject, "text": text}
    identifier: str = client.post("/inbox/P1/messages", json=note).json()["id"]
    return identifier


def test_an_email_is_taken_as_a_file_that_mail_programs_read(client: TestClient) -> None:
    identifier = write_email(
        client, "Good news, Zoë.\nFrom now on you are paid.", subject="Häuser\r\nBcc: x@y.z"
    )
    link = open_inbox(client).partition("?")[2]
    page = client.get(f"/inbox-page?{link}&message={identifier}")
    assert "href='inbox-page/e-mail?" in page.text
    taken = client.get(f"/inbox-page/e-mail?{link}&message={identifier}")
    assert (taken.status_code, taken.headers["content-type"]) == (200, "message/rfc822")
    assert f"{identifier}.eml" in taken.headers["content-disposition"]
    mail = message_from_bytes(taken.content, policy=policy.default)
    assert (mail["To"], mail["Subject"], mail["Bcc"]) == ("ada@example.org", "Häuser Bcc: x@y.z", None)
    assert mail["Message-ID"] == f"<{identifier}@sandbox.invalid>"
    assert mail.defects == []
    assert isinstance(mail, EmailMessage)
    assert mail.get_content().splitlines() == ["Good news, Zoë.", "From now on you are paid."]


def test_all_emails_are_taken_as_one_mailbox_without_what_is_no_email(
    client: TestClient, tmp_path: Path
) -> None:
    put(client, "a text message")
    for number in (1, 2):
        write_email(client, f"Letter {number}.\nFrom here on it goes on.")
    taken = client.get(f"/inbox-page/e-mail?{open_inbox(client).partition('?')[2]}")
    assert taken.headers["content-type"] == "application/mbox"
    (tmp_path / "inbox.mbox").write_bytes(taken.content)
    with closing(mailbox.mbox(tmp_path / "inbox.mbox")) as opened:
        letters = [str(each.get_payload()) for each in opened]
    assert [each.splitlines()[0] for each in letters] == ["Letter 1.", "Letter 2."]


def test_no_file_is_given_without_a_link_or_of_what_is_no_email(client: TestClient) -> None:
    notice, letter = put(client, "a text message"), write_email(client, "secret")
    link = open_inbox(client).partition("?")[2]
    assert client.get(f"/inbox-page/e-mail?{link}&message={notice}").status_code == 404
    assert client.get(f"/inbox-page/e-mail?message={letter}").status_code == 403
    other = open_inbox(client, "P2").partition("?")[2]
    assert client.get(f"/inbox-page/e-mail?{other}&message={letter}").status_code == 404
