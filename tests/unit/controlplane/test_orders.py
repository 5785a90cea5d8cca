"""What may be asked for over HTTP, what is refused at once, and what is entered for a worker."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.controlplane.api.content import blueprint
from sandbox.controlplane.plane import Rules
from sandbox.store import journal, wishes
from sandbox.store.jobs import Job
from sandbox.store.schema import JobRow, RunRow, SandboxRow
from sandbox.store.store import Store
from tests.fakes.planes import Served, serve_on
from tests.fakes.stores import NOON, somebody


@pytest.fixture
def served(store: Store, tmp_path: Path) -> Served:
    return serve_on(store, tmp_path)


def job_of(store: Store, job: str) -> JobRow:
    with store.session() as session:
        row = session.get(JobRow, job)
        assert row is not None
        return row


def set_state(store: Store, name: str, state: str) -> None:
    with store.session() as session:
        wishes.find_sandbox(session, name, None).state = state


def test_a_sandbox_that_is_asked_for_waits_for_a_worker(served: Served, store: Store) -> None:
    with served.program(somebody(store)) as program:
        answer = program.post(
            "/api/v1/sandboxes", json={"name": "demo", "scenario": "cash-transfer", "lease_seconds": 3600}
        )
        assert answer.status_code == 202
        assert answer.headers["location"] == "/api/v1/sandboxes/demo"
        view = program.get("/api/v1/sandboxes/demo").json()
    assert (view["state"], view["people"]["size"]) == ("asked", 1000)
    assert job_of(store, served.queue.jobs[0]).kind == Job.START


def test_the_same_asked_twice_under_one_key_is_one_sandbox(served: Served, store: Store) -> None:
    with served.program(somebody(store)) as program:
        key = {"idempotency-key": "once"}
        asked = {"scenario": "cash-transfer"}
        names = {program.post("/api/v1/sandboxes", json=asked, headers=key).json()["name"] for _ in range(3)}
        other = program.post("/api/v1/sandboxes", json={"blocks": ["payments"]}, headers=key)
        assert len(program.get("/api/v1/sandboxes").json()["items"]) == len(names) == 1
        run = {"scenario": "cash-transfer"}
        runs = {
            program.post("/api/v1/runs", json=run, headers={"idempotency-key": "r"}).json()["id"]
            for _ in "12"
        }
        assert len(runs) == 1
    assert other.status_code == 409
    assert len(served.queue.jobs) == 2


@pytest.mark.parametrize(
    ("path", "asked", "status", "told"),
    [
        ("sandboxes", {}, 422, "say what to start"),
        ("sandboxes", {"scenario": "cash-transfr"}, 404, "did you mean 'cash-transfer'?"),
        ("sandboxes", {"blocks": ["paymnts"]}, 404, "did you mean 'payments'?"),
        ("sandboxes", {"blocks": ["payments"], "name": "Demo!"}, 422, "sandbox name 'Demo!' can't be used"),
        ("sandboxes", {"blocks": ["payments"], "runtime": "podman"}, 422, "no runtime 'podman'"),
        ("sandboxes", {"blocks": ["payments"], "people": {"pack": "xx"}}, 422, "'xx'"),
        ("sandboxes", {"blocks": ["payments"], "people": {"size": 0}}, 422, "people/size"),
        ("sandboxes", {"blocks": ["payments"], "people": {"size": 10**12}}, 422, "people/size"),
        ("sandboxes", {"blocks": ["payments"], "lease_seconds": 1}, 422, "lease_seconds"),
        ("sandboxes", {"blocks": ["payments"], "colour": "red"}, 422, "colour"),
        ("runs", {"scenario": "nothing"}, 404, "'nothing'"),
        ("runs", {"scenario": "cash-transfer", "sandbox": "nowhere"}, 404, "no sandbox 'nowhere'"),
    ],
)
def test_what_can_t_be_done_is_refused_at_once(
    served: Served, store: Store, path: str, asked: dict[str, Any], status: int, told: str
) -> None:
    with served.program(somebody(store)) as program:
        answer = program.post(f"/api/v1/{path}", json=asked)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json()["detail"]
    assert served.queue.jobs == []


def test_one_account_and_one_machine_give_so_many_and_no_more(store: Store, tmp_path: Path) -> None:
    rules = replace(Rules(), sandboxes_per_account=2, sandboxes=3)
    served = serve_on(store, tmp_path, rules)
    asked = {"blocks": ["payments"]}
    with served.program(somebody(store)) as ada, served.program(somebody(store, "Root", "admin")) as root:
        assert [ada.post("/api/v1/sandboxes", json=asked).status_code for _ in range(3)] == [202, 202, 409]
        assert "you have 2 sandboxes" in ada.post("/api/v1/sandboxes", json=asked).json()["detail"]
        assert [root.post("/api/v1/sandboxes", json=asked).status_code for _ in range(2)] == [202, 409]
        full = root.post("/api/v1/sandboxes", json=asked).json()
    assert full["title"] == "quota reached"
    assert "as many as this machine has memory for" in full["detail"]


def test_a_change_needs_a_sandbox_that_runs(served: Served, store: Store) -> None:
    with served.program(somebody(store)) as program:
        program.post("/api/v1/sandboxes", json={"name": "demo", "blocks": ["payments"]})
        early = program.post("/api/v1/sandboxes/demo/reset")
        assert early.status_code == 409
        assert "sandbox 'demo' is asked" in early.json()["detail"]
        set_state(store, "demo", "running")
        assert program.post("/api/v1/sandboxes/demo/reset").status_code == 202
        saved = program.post("/api/v1/sandboxes/demo/checkpoints", json={"name": "before"})
        assert saved.status_code == 202
        assert program.post("/api/v1/sandboxes/demo/checkpoints/before/restore").status_code == 202
    jobs = [job_of(store, job) for job in served.queue.jobs[1:]]
    assert [job.kind for job in jobs] == [Job.RESET, Job.SAVE, Job.RESTORE]
    assert [job.detail for job in jobs[1:]] == [{"checkpoint": "before"}] * 2


def test_where_a_scenario_is_played_nothing_else_begins(served: Served, store: Store) -> None:
    with served.program(somebody(store)) as program:
        program.post("/api/v1/sandboxes", json={"name": "demo", "scenario": "cash-transfer"})
        set_state(store, "demo", "running")
        run = {"scenario": "cash-transfer", "sandbox": "demo"}
        played = program.post("/api/v1/runs", json=run)
        assert played.status_code == 202
        for path, asked in (("runs", run), ("sandboxes/demo/reset", None)):
            refused = program.post(f"/api/v1/{path}", json=asked)
            assert refused.status_code == 409
            assert "a scenario is being played in sandbox 'demo'" in refused.json()["detail"]
        with store.session() as session:
            wishes.find_run(session, played.json()["id"], None).state = "ended"
        assert program.post("/api/v1/sandboxes/demo/reset").status_code == 202


def test_removing_twice_is_removing_once(served: Served, store: Store) -> None:
    with served.program(somebody(store)) as program:
        program.post("/api/v1/sandboxes", json={"name": "demo", "blocks": ["payments"]})
        for _ in range(2):
            assert program.delete("/api/v1/sandboxes/demo").json()["state"] == "removing"
    assert [job_of(store, job).kind for job in served.queue.jobs] == [Job.START, Job.REMOVE]


def test_a_lease_can_be_put_off(served: Served, store: Store) -> None:
    with served.program(somebody(store)) as program:
        asked = {"name": "demo", "blocks": ["payments"], "lease_seconds": 3600}
        program.post("/api/v1/sandboxes", json=asked)
        set_state(store, "demo", "running")
        program.post("/api/v1/sandboxes/demo/lease", json={"seconds": 3600})
    with store.session() as session:
        assert wishes.find_sandbox(session, "demo", None).expires == NOON + timedelta(hours=2)


def test_a_long_list_comes_in_pages(served: Served, store: Store) -> None:
    ada = somebody(store, role="admin")
    with store.session() as session:
        for number in range(5):
            wishes.add_sandbox(
                session, name=f"s{number}", owner=ada.id, wish={"people": {}}, now=NOON, expires=None
            )
    with served.program(ada) as program:
        names, after = [], ""
        while after is not None:
            page = program.get("/api/v1/sandboxes", params={"limit": 2, "after": after}).json()
            names += [each["name"] for each in page["items"]]
            after = page["next"]
    assert names == [f"s{number}" for number in range(5)]


def test_a_stream_begins_where_its_reader_left_off_and_ends_with_its_subject(
    served: Served, store: Store
) -> None:
    ada = somebody(store)
    with store.session() as session:
        run = wishes.add_run(session, owner=ada.id, scenario="x", wish={"people": {}}, now=NOON)
        run.state = "ended"
        for stage in ("one", "two\nlines", "three"):
            journal.tell(session, run.id, "stage", {"stage": stage}, NOON)
    with served.program(ada) as program:
        whole = program.get(f"/api/v1/runs/{run.id}/events")
        ids = [line for line in whole.text.splitlines() if line.startswith("id: ")]
        rest = program.get(f"/api/v1/runs/{run.id}/events", headers={"last-event-id": ids[0][4:]})
        wrong = program.get(f"/api/v1/runs/{run.id}/events", headers={"last-event-id": "x"})
    assert whole.headers["content-type"].startswith("text/event-stream")
    assert whole.text.count("event: stage") == 3
    assert "event: end" in whole.text
    assert rest.text.count("event: stage") == 2
    assert '"two\\nlines"' in rest.text
    assert wrong.status_code == 422


def test_evidence_is_shown_and_nothing_beside_it(served: Served, store: Store) -> None:
    ada = somebody(store)
    folder = served.plane.settings.runs / "r1"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<p>evidence</p>")
    (folder.parent / "register.jsonl").write_text("{}")
    (folder / "out.txt").symlink_to(folder.parent / "register.jsonl")
    with store.session() as session:
        run = wishes.add_run(session, owner=ada.id, scenario="x", wish={"people": {}}, now=NOON)
        run.folder = "r1"
    with served.program(ada) as program:
        here = f"/api/v1/runs/{run.id}/evidence"
        shown = program.get(f"{here}/index.html")
        refused = [
            program.get(f"{here}/{path}").status_code
            for path in (
                "..%2fregister.jsonl",
                "%2e%2e/register.jsonl",
                "out.txt",
                "a%00b",
                "/etc/passwd",
                "",
            )
        ]
    assert shown.text == "<p>evidence</p>"
    assert shown.headers["content-security-policy"].startswith("sandbox ")
    assert set(refused) == {404}


def test_a_body_without_a_length_or_too_large_is_refused(served: Served, store: Store) -> None:
    with served.program(somebody(store)) as program:
        large = program.post("/api/v1/runs", content=b" " * 1_000_001)
        endless = program.post("/api/v1/runs", content=iter([b"{}"]))
    assert (large.status_code, endless.status_code) == (413, 411)


def test_what_is_done_is_in_the_audit_log_and_admins_read_it(served: Served, store: Store) -> None:
    ada, root = somebody(store), somebody(store, "Root", "admin")
    with served.program(ada) as program:
        program.post("/api/v1/sandboxes", json={"name": "demo", "blocks": ["payments"]})
        assert program.get("/api/v1/audit").status_code == 403
    with served.program(root) as program:
        lines = program.get("/api/v1/audit").json()["items"]
    assert [(line["account"], line["action"], line["subject"]) for line in lines] == [
        ("Ada", "start", "demo")
    ]


def test_prometheus_is_told_how_things_stand_and_names_nobody(served: Served, store: Store) -> None:
    ada = somebody(store)
    with served.program(ada) as program:
        program.post("/api/v1/sandboxes", json={"name": "demo", "blocks": ["payments"]})
        assert program.get("/metrics").status_code == 403
    with served.program(somebody(store, "Root", "admin")) as root:
        root.get("/api/v1/sandboxes/demo")
        root.get("/api/v1/sandboxes/nowhere")
        told = root.get("/metrics").text
    assert 'sandbox_sandboxes{state="asked"} 1.0' in told
    assert 'sandbox_jobs{state="waiting"} 1.0' in told
    assert 'route="/api/v1/sandboxes/{name}",status="200"} 1.0' in told
    assert "demo" not in told


def test_pages_show_what_there_is(served: Served, store: Store) -> None:
    ada = somebody(store)
    with store.session() as session:
        failed = SandboxRow(
            id="f",
            name="broken",
            owner=ada.id,
            state="failed",
            created=NOON,
            reason="<b>no room</b>",
            wish={"scenario": "cash-transfer", "people": {"pack": "zz", "size": 9, "seed": 1}},
        )
        run = RunRow(
            id="r",
            owner=ada.id,
            scenario="cash-transfer",
            state="ended",
            outcome="passed",
            created=NOON,
            sentence="Passed.",
            wish={"people": {"pack": "zz", "size": 9, "seed": 1}},
        )
        session.add_all([failed, run])
    with served.program(ada) as program:
        assert "Unconditional social cash transfer" in program.get("/").text
        scenario = program.get("/scenarios/cash-transfer").text
        words = scenario.partition("<details>")[2].partition("</details>")[0]
        drawn = blueprint(served.plane, "cash-transfer").lines
        assert words.count("<tr>") - 1 == len(drawn)
        calls = sum(touch.calls for line in drawn for touch in line.touches.values())
        assert sum(int(each) for each in re.findall(r"</bdi> (\d+)", words)) == calls > 0
        assert "broken" in program.get("/sandboxes").text
        page = program.get("/sandboxes/broken").text
        assert "&lt;b&gt;no room" in page
        assert "<b>no room" not in page
        assert "Read the evidence" in program.get("/runs/r").text
        assert "there is no sandbox" in program.get("/sandboxes/nowhere").text
        assert program.get("/nowhere").status_code == 404
