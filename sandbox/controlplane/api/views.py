"""What the API shows: values as they travel, and how a list is cut into pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from sandbox.lifecycle.service import Listed
from sandbox.store.schema import Account, Deed, RunRow, SandboxRow

Item = TypeVar("Item")


class View(BaseModel):
    """A value that leaves this server."""

    model_config = ConfigDict(frozen=True)


class Page(View, Generic[Item]):
    """Part of a list. `next` is what `after` must be for the next part; null at the end."""

    items: tuple[Item, ...]
    next: str | None = None


class SandboxView(View):
    """A sandbox as it was asked for, and how far it is."""

    name: str
    owner: str
    state: str
    """asked, starting, running, failed, removing or removed."""
    url: str
    scenario: str | None
    blocks: tuple[str, ...]
    runtime: str | None
    people: dict[str, Any]
    reason: str
    hint: str
    created: datetime
    expires: datetime | None
    links: dict[str, str]
    instances: dict[str, str] | None = None
    """How each instance is, as the runtime says; null unless `world` was asked for."""
    spec: dict[str, Any] | None = None
    """What the runtime remembers of it; null unless `world` was asked for, and while it is not there."""

    @classmethod
    def of(cls, row: SandboxRow, listed: Listed | None = None) -> SandboxView:
        """Show a row of the store, and what the runtime says of it where that was asked."""
        here = f"/api/v1/sandboxes/{row.name}"
        return cls(
            name=row.name,
            owner=row.owner,
            state=row.state,
            url=row.url,
            scenario=row.wish.get("scenario"),
            blocks=tuple(row.wish.get("blocks", ())),
            runtime=row.wish.get("runtime"),
            people=row.wish["people"],
            reason=row.reason,
            hint=row.hint,
            created=row.created,
            expires=row.expires,
            links={"self": here, "events": f"{here}/events", "checkpoints": f"{here}/checkpoints"},
            instances=dict(listed.instances) if listed else None,
            spec=listed.spec.model_dump(mode="json") if listed and listed.spec else None,
        )


class ChangeView(SandboxView):
    """A sandbox of which a change was asked. What comes of it is among its events after `since`."""

    since: int

    @classmethod
    def of_order(cls, ordered: tuple[SandboxRow, int]) -> ChangeView:
        """Show what was ordered."""
        row, since = ordered
        return cls(**SandboxView.of(row).model_dump(), since=since)


class RunView(View):
    """A run as it was asked for, and what came of it."""

    id: str
    owner: str
    scenario: str
    state: str
    """asked, playing, ended or failed (it could not be begun)."""
    outcome: str
    sentence: str
    reason: str
    hint: str
    created: datetime
    ended: datetime | None
    links: dict[str, str]

    @classmethod
    def of(cls, row: RunRow) -> RunView:
        """Show a row of the store."""
        here = f"/api/v1/runs/{row.id}"
        links = {"self": here, "events": f"{here}/events"}
        if row.folder:
            links["evidence"] = f"{here}/evidence/index.html"
        return cls(
            id=row.id,
            owner=row.owner,
            scenario=row.scenario,
            state=row.state,
            outcome=row.outcome,
            sentence=row.sentence,
            reason=row.reason,
            hint=row.hint,
            created=row.created,
            ended=row.ended,
            links=links,
        )


class AccountView(View):
    """Who may log in."""

    id: str
    name: str
    role: str
    created: datetime
    closed: datetime | None

    @classmethod
    def of(cls, row: Account) -> AccountView:
        """Show a row of the store."""
        return cls(id=row.id, name=row.name, role=row.role, created=row.created, closed=row.closed)


class DeedView(View):
    """A line of the audit log."""

    number: int
    at: datetime
    account: str
    action: str
    subject: str
    address: str

    @classmethod
    def of(cls, row: Deed) -> DeedView:
        """Show a row of the store."""
        return cls(
            number=row.number,
            at=row.at,
            account=row.account,
            action=row.action,
            subject=row.subject,
            address=row.address,
        )
