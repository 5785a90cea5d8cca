"""E-mail from the published operation to a mail sink: it leaves the sandbox by the user's hand alone."""

from __future__ import annotations

import httpx2

from tests.e2e.conftest import User
from tests.fakes.mail_sink import mail_sink

SEND = "/r1/SBX/GOV/CENTRAL/messaging/send/email/single"
EXPLORER = "SBX/GOV/SANDBOX/explorer"
FIND = "SELECT individual_id, email FROM persons WHERE email IS NOT NULL LIMIT 1"


def test_an_email_is_read_by_its_addressee_and_handed_to_a_sink(user: User) -> None:
    brought = user.types("up", "--block", "messaging", "--name", "mail", "--size", "50", "--json")
    assert brought.code == 0, brought.err
    (found,) = user.types("data", "query", FIND, "--size", "50", "--json").value
    written = {
        "recipientInfo": {"email": found["email"]},
        "emailContent": {"title": "Häuser", "content": "Good news, Zoë.\nTruly."},
    }
    headers = {
        "Information-Mediator-Client": EXPLORER,
        "Information-Mediator-Secret": brought.value["token"],
        "apiKey": "key-of-the-ministry",
    }
    with httpx2.Client(base_url=brought.value["url"], headers=headers, trust_env=False) as ministry:
        assert ministry.post(SEND, json=written).status_code == 200
    with mail_sink() as sink:
        handed = user.types("inbox", "mail", found["individual_id"], "--smtp", sink.address, "--json")
        assert handed.value["emails"] == 1, handed.err
        everybodys = user.types("inbox", "mail", "--smtp", sink.address, "--json").value
        assert everybodys["emails"] == 1
        later = user.types(
            "inbox", "mail", "--smtp", sink.address, "--since", str(everybodys["last"]), "--json"
        )
        assert later.value == {"emails": 0, "last": everybodys["last"]}
        assert user.types("inbox", "mail").code == 2
        nobody = user.types("inbox", "mail", "STAFF-registrar", "--smtp", sink.address)
        assert nobody.out.splitlines()[-1] == f"0 e-mails handed to {sink.address}"
    mail, again = sink.taken
    assert mail.as_bytes() == again.as_bytes(), (
        "the same words, from the person's inbox and among everybody's"
    )
    assert (mail["To"], mail["Subject"], mail["X-Fictitious"]) == (found["email"], "Häuser", "yes")
    assert mail.get_content().splitlines() == ["Good news, Zoë.", "Truly."]
    page = httpx2.get(handed.value["url"], trust_env=False)
    assert "inbox-page/e-mail?" in page.text
    gone = user.types("inbox", "mail", found["individual_id"], "--smtp", sink.address)
    assert (gone.code, "did not take the e-mails" in gone.err) == (5, True)
