"""The pages: an applicant and officials do the whole journey by hand, with forms and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pytest

DESK = "/desk"
ADDRESS = "http://public.test/public/registration"
ENTERED = {
    "parcelId": "P-9",
    "purpose": "shop",
    "storeys": "3",
    "floorArea": "80.5",
    "startsOn": "2026-05-01",
}
PDF = b"%PDF-1.4 fictitious"


class Page(HTMLParser):
    """What a page offers: forms with their fields, links, labels, and what is said aloud."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.labels: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "form":
            self.forms.append({"action": given["action"].removeprefix(ADDRESS), "fields": {}, "named": set()})
        elif tag in ("input", "select", "textarea"):
            self.forms[-1]["fields"][given["name"]] = given.get("value", "")
            if given.get("type") != "hidden":
                self.forms[-1]["named"].add(given["id"])
        elif tag == "label":
            self.labels.add(given["for"])
        elif tag == "a":
            self.links.add(given["href"].removeprefix(ADDRESS))


@dataclass
class Visitor:
    """Somebody at a browser."""

    town: Any
    token: str | None

    @property
    def cookies(self) -> dict[str, str]:
        return {"Cookie": f"registration-session={self.token.removeprefix('Bearer ')}"} if self.token else {}

    def see(self, path: str) -> Any:
        return self.town.client.get(path, headers=self.cookies, follow_redirects=False)

    def send(self, path: str, page: Any, files: Any = None, **entered: str) -> Any:
        """Fill in the form of a page that leads to `path`, and go where it leads."""
        form = next(each for each in Page(page.text).forms if each["action"] == path)
        answer = self.town.client.post(
            path,
            data={**form["fields"], **entered},
            files=files,
            headers=self.cookies,
            follow_redirects=False,
        )
        return (
            self.see(answer.headers["location"].removeprefix(ADDRESS))
            if answer.status_code == 303
            else answer
        )


def applicant(town: Any, person: str) -> Visitor:
    town.neighbours.settle(person)
    return Visitor(town, town.citizen(person))


def begin(town: Any, person: str) -> tuple[Visitor, str, Any]:
    """Let somebody fill in an application for a permit."""
    visitor = applicant(town, person)
    service = f"{DESK}/services/construction-permit"
    page = visitor.send(service, visitor.see(service), **{**ENTERED, "parcelId": f"P-{person}"})
    (number,) = re.findall(r"<h1>Construction permit (A\d+)</h1>", page.text)
    return visitor, f"{DESK}/applications/{number}", page


def hand_in(visitor: Visitor, place: str, page: Any) -> Any:
    for kind in ("site-plan", "design", "structural-report"):
        forms = [each for each in Page(page.text).forms if each["action"] == f"{place}/documents"]
        (form,) = [each for each in forms if each["fields"]["kind"] == kind]
        answer = visitor.town.client.post(
            form["action"],
            data={**form["fields"]},
            files={"file": ("plan.pdf", PDF)},
            headers=visitor.cookies,
            follow_redirects=False,
        )
        assert answer.status_code == 303, answer.text
    return visitor.send(f"{place}/submit", visitor.see(place))


def test_the_whole_journey_by_hand(town: Any) -> None:
    visitor, place, page = begin(town, "ZZ-hand")
    missing = visitor.send(f"{place}/submit", page)
    assert missing.status_code == 409
    assert "Still wanted: site-plan, design" in missing.text
    assert "Handed in" in hand_in(visitor, place, page).text
    officer = Visitor(town, town.staff("building-officer"))
    assert place in Page(officer.see(f"{DESK}/tasks").text).links
    page = officer.send(f"{place}/verification", officer.see(place))
    assert "Checked, waits for a decision" in page.text
    refused = officer.send(f"{place}/decision", page, decision="approve")
    assert (refused.status_code, "fee has to be paid" in refused.text) == (409, True)
    cashier = Visitor(town, town.staff("cashier"))
    assert place in Page(cashier.see(f"{DESK}/tasks").text).links
    assert "paid with receipt R-1" in cashier.send(f"{place}/fee", cashier.see(place), receipt="R-1").text
    town.review(place.rpartition("/")[2], "design-opinion", "design-reviewer")
    page = officer.send(f"{place}/decision", officer.see(place), decision="approve", reason="")
    assert "<dd>Approved</dd>" in page.text
    assert "urn:test:registration-A" in visitor.see(place).text
    assert place in Page(visitor.see(DESK).text).links


def test_an_appeal_is_made_and_decided_by_hand(town: Any) -> None:
    visitor, place, page = begin(town, "ZZ-appeal")
    hand_in(visitor, place, page)
    officer = Visitor(town, town.staff("building-officer"))
    page = officer.send(f"{place}/verification", officer.see(place))
    page = officer.send(f"{place}/decision", page, decision="reject", reason="the plan is not to scale")
    assert "<dd>Rejected</dd>" in page.text
    assert f"{place}/appeal" not in {each["action"] for each in Page(page.text).forms}, (
        "it is not the officer's"
    )
    page = visitor.send(f"{place}/appeal", visitor.see(place), reason="it is, at <1 : 50>")
    assert "In review after an appeal" in page.text
    assert place in Page(officer.see(f"{DESK}/tasks").text).links
    page = officer.see(place)
    for said in ("the plan is not to scale", "it is, at &lt;1 : 50&gt;"):
        assert said in page.text, "who decides reads what was refused, and what was said to it"
    page = officer.send(f"{place}/verification", page)
    town.ask(
        town.staff("cashier"), "POST", f"/applications/{place.rpartition('/')[2]}/fee", {"receipt": "R-9"}
    )
    town.review(place.rpartition("/")[2], "design-opinion", "design-reviewer")
    page = officer.send(f"{place}/decision", officer.see(place), decision="approve", reason="")
    assert "<dd>Approved</dd>" in page.text


def test_what_is_wrong_is_listed_and_leads_to_the_fields(town: Any) -> None:
    visitor = applicant(town, "ZZ-wrong")
    service = f"{DESK}/services/construction-permit"
    page = visitor.send(service, visitor.see(service), **{**ENTERED, "storeys": "many", "parcelId": ""})
    assert page.status_code == 422
    assert "<title>Error: Construction permit</title>" in page.text
    read = Page(page.text)
    assert {"#field-storeys", "#field-parcelId"} <= read.links
    assert {link.removeprefix("#") for link in read.links if link.startswith("#")} <= set(read.ids)
    assert "value='many'" in page.text
    assert page.text.count("aria-invalid=true") == 2


def test_every_field_has_a_label_and_no_page_has_a_script(town: Any) -> None:
    visitor, place, _ = begin(town, "ZZ-labels")
    services = [f"{DESK}/services/{each['id']}" for each in town.ask(None, "GET", "/services").json()]
    for path in [DESK, f"{DESK}/tasks", f"{DESK}/payrolls", place, f"{place}/form", *services]:
        page = visitor.see(path)
        read = Page(page.text)
        assert page.status_code == 200, path
        assert {name for form in read.forms for name in form["named"]} <= read.labels, path
        assert len(read.ids) == len(set(read.ids)), path
        assert ("<script" in page.text, page.text.count("<h1>")) == (False, 1)
        assert "form-action http://public.test;" in page.headers["content-security-policy"]


def test_what_somebody_enters_is_never_markup(town: Any) -> None:
    visitor, place, _ = begin(town, "ZZ-markup")
    evil = "<script>alert(1)</script>"
    page = visitor.send(
        f"{place}/form", visitor.see(f"{place}/form"), purpose="shop", description=f"'\"{evil}"
    )
    for text in (page.text, visitor.see(f"{place}/form").text):
        assert (evil in text, "&lt;script&gt;" in text) == (False, True)


def test_somebody_unknown_is_sent_to_the_log_in(town: Any) -> None:
    nobody = Visitor(town, None)
    assert nobody.see(DESK).status_code == 200
    for path in (
        f"{DESK}/tasks",
        f"{DESK}/services/birth",
        f"{DESK}/payrolls",
        f"{DESK}/documents/{'0' * 32}",
    ):
        assert nobody.see(path).headers["location"] == f"{ADDRESS}{DESK}/login?onward={path}"
    for path in (f"{DESK}/services/birth", f"{DESK}/applications/A000000001/submit", f"{DESK}/payrolls"):
        assert town.client.post(path, data={"seal": "x"}).status_code == 401


def test_a_form_of_another_session_is_refused(town: Any) -> None:
    _, place, page = begin(town, "ZZ-sealed")
    thief = applicant(town, "ZZ-sealer")
    assert thief.send(f"{place}/submit", page).status_code == 403
    own = Visitor(town, town.citizen("ZZ-sealed"))  # another session of the same person
    forged = town.client.post(f"{place}/submit", data={}, headers=own.cookies)
    assert forged.status_code == 403


@pytest.mark.parametrize("role", [None, "cashier", "enrolment-officer", "payroll-maker"])
def test_nobody_else_sees_an_application(town: Any, role: str | None) -> None:
    _, place, _ = begin(town, f"ZZ-seen-{role}")
    stranger = Visitor(town, town.staff(role) if role else town.citizen("ZZ-stranger"))
    assert stranger.see(place).status_code == (200 if role == "cashier" else 403)
    assert stranger.see(f"{place}/form").status_code == 403


def test_an_applicant_does_not_decide_on_their_own(town: Any) -> None:
    visitor, place, page = begin(town, "ZZ-officer")
    hand_in(visitor, place, page)
    both = Visitor(town, town.staff("building-officer", "ZZ-officer"))
    page = both.see(place)
    assert not any(each["action"].endswith("/verification") for each in Page(page.text).forms)
    seal = Page(page.text).forms[0]["fields"]["seal"]
    refused = town.client.post(f"{place}/verification", data={"seal": seal}, headers=both.cookies)
    assert refused.status_code == 403


def test_three_people_sign_a_payroll_by_hand(town: Any) -> None:
    town.approved("ZZ7")
    people = {role: Visitor(town, town.staff(f"payroll-{role}")) for role in ("maker", "checker", "releaser")}
    start = f"{DESK}/payrolls"
    order = {"service": "cash-transfer", "period": "2026-03", "batchId": "BATCHBYHAND1"}
    unfit = people["maker"].send(start, people["maker"].see(start), **{**order, "period": "March"})
    assert unfit.status_code == 422
    page = people["maker"].send(start, people["maker"].see(start), **order)
    assert "Prepared, waits for approval" in page.text
    place = f"{start}/BATCHBYHAND1"
    assert place in Page(people["checker"].see(f"{DESK}/tasks").text).links
    assert (
        "waits for release" in people["checker"].send(f"{place}/approval", people["checker"].see(place)).text
    )
    page = people["releaser"].send(f"{place}/release", people["releaser"].see(place))
    assert "<dd>Released</dd>" in page.text
    assert [each["BatchID"] for each in town.neighbours.paid] == ["BATCHBYHAND1"]
    assert Visitor(town, town.officer).see(place).status_code == 403
