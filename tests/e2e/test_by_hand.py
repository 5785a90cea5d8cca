"""The cash transfer played by hand: people and officials in a browser, from the agreement to the credit.

Nothing here calls an operation. What is clicked is what a visitor of the pages would click.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.conftest import User

PAYROLL = "BYHAND202601"
PATIENCE = 240
"""Looks at the statement, half a second apart, until the institution has been paid."""
NEEDY = """
SELECT p.individual_id, p.given_name, p.family_name, p.birth_date::text, p.functional_id,
       a.institution || '/' || a.account_number,
       CASE WHEN h.size >= 7 THEN 45 WHEN h.size >= 4 THEN 30 ELSE 20 END
  FROM '{data}/persons.parquet' p
  JOIN '{data}/households.parquet' h USING (household_no)
  JOIN '{data}/accounts.parquet' a ON a.account_id = p.person_no * 2 AND a.status = 'open'
 WHERE p.role = 'head' AND p.persona IS NULL AND h.size >= 5 AND h.children_under_5 >= 1
 ORDER BY p.person_no LIMIT 1
"""


@dataclass(frozen=True)
class Household:
    """What the head of a household whom the policy entitles knows of themselves."""

    individual_id: str
    given_name: str
    family_name: str | None
    birth_date: str
    functional_id: str
    account: str
    amount: int


@dataclass(frozen=True)
class Visitor:
    """Somebody in a browser of their own, with their inbox in another tab."""

    name: str
    context: BrowserContext
    page: Page
    site: str
    find_inbox: Callable[[str], str]

    def opens(self, path: str) -> None:
        """Open a block's pages, and log in there."""
        self.page.goto(f"{self.site}/public/{path}")
        self.clicks("Log in")
        self.page.get_by_label("national id").fill(self.name)
        self.clicks("Send the code")
        self.page.get_by_label("One-time code").fill(self.newest_code())
        self.clicks("Log in")

    def newest_code(self) -> str:
        inbox = self.context.new_page()
        inbox.goto(self.find_inbox(self.name))
        inbox.get_by_role("link", name="Your one-time code").first.click()
        found = re.match(r"\s*(\d{6}) is your one-time code", inbox.locator("main p").last.inner_text())
        assert found is not None, inbox.inner_text("main")
        inbox.close()
        return found[1]

    def clicks(self, words: str) -> None:
        """Follow the link, or press the button, that reads so."""
        main = self.page.locator("main")
        button = main.get_by_role("button", name=words, exact=True)
        main.get_by_role("link", name=words, exact=True).or_(button).first.click()

    def fills(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def reads(self) -> str:
        return self.page.inner_text("main")


@contextmanager
def a_visitor(browser: Browser, name: str, site: str, find_inbox: Callable[[str], str]) -> Iterator[Visitor]:
    context = browser.new_context()
    try:
        yield Visitor(name, context, context.new_page(), site, find_inbox)
    finally:
        context.close()


def find_needy(home: Path) -> Household:
    """Find somebody who is entitled, by the population alone."""
    (data,) = (path.parent for path in home.glob("populations/*/persons.parquet"))
    (row,) = duckdb.sql(NEEDY.format(data=data)).fetchall()
    return Household(*row)


def test_a_household_is_enrolled_and_paid_by_hand(local_user: User, browser: Browser) -> None:
    up = local_user.types("up", "cash-transfer", "--size", "300", "--name", "hand", "--json")
    assert up.code == 0, up.err
    site = up.value["url"]
    head = find_needy(local_user.home)

    def find_inbox(person: str) -> str:
        found = local_user.types("inbox", "hand", person, "--json")
        assert found.code == 0, found.err
        return str(found.value["url"])

    refused = local_user.types("inbox", "hand", "nobody/else")
    assert (refused.code, "letters, digits and dashes" in refused.err) == (2, True)

    with a_visitor(browser, "STAFF-registrar", site, find_inbox) as registrar:
        registrar.opens("consent/consents")
        registrar.clicks("Publish an agreement")
        registrar.fills("Name", "cash-transfer")
        registrar.fills("What the data is used for", "Verify applications for the cash transfer.")
        registrar.fills("Who asks", "Social ministry")
        registrar.clicks("Publish")
        assert "You have not answered." in registrar.reads()

    with a_visitor(browser, head.individual_id, site, find_inbox) as citizen:
        citizen.opens("consent/consents")
        citizen.clicks("Verify applications for the cash transfer.")
        citizen.clicks("I agree")
        assert "You agree." in citizen.reads()
        citizen.opens("registration/desk")
        citizen.clicks("Social cash transfer")
        citizen.fills("Given name", head.given_name)
        citizen.fills("Family name", head.family_name or "")
        citizen.fills("Date of birth", head.birth_date)
        citizen.fills("Functional id", head.functional_id)
        citizen.fills("Account", head.account)
        citizen.clicks("Save")
        citizen.clicks("Hand in")
        assert "Handed in" in citizen.reads()

    with a_visitor(browser, "STAFF-enrolment-officer", site, find_inbox) as officer:
        officer.opens("registration/desk")
        officer.clicks("Tasks")
        officer.page.get_by_role("link", name="verify the application").click()
        officer.clicks("Check with the registers")
        officer.page.get_by_label("Approve", exact=True).check()
        officer.clicks("Decide")
        assert "Approved" in officer.reads()

    with a_visitor(browser, "STAFF-payroll-maker", site, find_inbox) as maker:
        maker.opens("registration/desk")
        maker.clicks("Payrolls")
        maker.page.get_by_label("Service").select_option(label="Social cash transfer")
        maker.fills("Period", "2026-01")
        maker.fills("Number of the payroll", PAYROLL)
        maker.clicks("Prepare")
        assert head.individual_id in maker.reads()
        assert "Approve this payroll" not in maker.reads()

    for role, signature, state in (
        ("payroll-checker", "Approve this payroll", "Approved, waits for release"),
        ("payroll-releaser", "Release for payment", "Released"),
    ):
        with a_visitor(browser, f"STAFF-{role}", site, find_inbox) as official:
            official.opens("registration/desk")
            official.clicks("Payrolls")
            official.clicks(PAYROLL)
            official.clicks(signature)
            assert state in official.reads()

    with a_visitor(browser, head.individual_id, site, find_inbox) as citizen:
        citizen.opens("payee-institutions/statements")
        for _ in range(PATIENCE):
            if "Balance: 0 XTS" not in citizen.reads():
                break
            citizen.page.wait_for_timeout(500)
            citizen.page.reload()
        assert f"Balance: {head.amount} XTS" in citizen.reads()
        assert citizen.page.locator("tbody tr").count() == 1
