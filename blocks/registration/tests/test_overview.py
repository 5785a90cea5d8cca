"""What waits for whom, and how many were decided how."""

from __future__ import annotations

from typing import Any

DAY = 86_400


def tasks(office: Any, role: str) -> list[tuple[str, str]]:
    told = office.ask(office.staff(role), "GET", "/worklist/tasks", role=role).json()
    assert told["count"] == len(told["tasks"])
    return [(task["subject"], task["title"]) for task in told["tasks"]]


def test_tasks_follow_from_states(office: Any) -> None:
    office.create("ZZ9")
    first = office.submitted("ZZ1")
    assert tasks(office, "enrolment-officer") == [(first, "verify the application")]
    office.act(first, "verification")
    assert tasks(office, "enrolment-officer") == [(first, "decide on the application")]
    office.act(first, "decision", body={"decision": "approve"})
    assert tasks(office, "enrolment-officer") == []
    office.prepare()
    assert tasks(office, "payroll-checker") == [("BATCH0000001", "check and approve the payroll")]
    office.approve_payroll()
    assert tasks(office, "payroll-checker") == []
    assert tasks(office, "payroll-releaser") == [("BATCH0000001", "release the payroll")]


def test_nobody_sees_the_tasks_of_another_role(office: Any) -> None:
    token = office.staff("payroll-maker")
    assert office.ask(token, "GET", "/worklist/tasks", role="enrolment-officer").status_code == 403
    assert office.ask(None, "GET", "/worklist/tasks", role="enrolment-officer").status_code == 401


def test_decisions_are_counted_by_time_and_person(office: Any) -> None:
    def statistics(**question: Any) -> list[tuple[int, int, int, int]]:
        told = office.ask(None, "GET", "/data/statistics", **question).json()
        return [(line["processed"], line["approved"], line["sentBack"], line["rejected"]) for line in told]

    assert statistics() == [(0, 0, 0, 0)]
    assert statistics(timeframe="day") == []
    office.approved("ZZ1")
    back = office.verified("ZZ2")
    office.act(back, "decision", body={"decision": "correction", "reason": "account"})
    later = office.client.post("/_sandbox/clock", json={"offset_seconds": 40 * DAY}).json()["today"]
    poor = office.verified("ZZ3", size=1)
    second = office.staff("enrolment-officer", "STAFF-second")
    office.act(poor, "decision", second, {"decision": "reject", "reason": "below-threshold"})
    assert statistics() == [(3, 1, 1, 1)]
    assert statistics(timeframe="month")[-1] == (1, 0, 0, 1)
    assert statistics(startDate=later) == [(1, 0, 0, 1)]
    assert statistics(operator="STAFF-second") == [(1, 0, 0, 1)]
    assert statistics(registrationName="nothing") == [(0, 0, 0, 0)]
    assert statistics(role="enrolment-officer") == [(3, 1, 1, 1)]
    assert statistics(role="citizen") == [(0, 0, 0, 0)]
    refused = office.ask(None, "GET", "/data/statistics", timeframe="century")
    assert refused.status_code == 400
