"""The desk's pages for applicants: services, their form, one's applications, documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from blockkit.access import Caller
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blockkit.signin import SignIn, Visitor
from blocks.registration import acts, applications, documents, tasks
from blocks.registration.acts import Office
from blocks.registration.applications import Change, find, identify
from blocks.registration.case_pages import show_application
from blocks.registration.eforms import find_faults, read_entered
from blocks.registration.pages import HOME, Desk
from blocks.registration.people import require_own, require_reader
from blocks.registration.routes.documents import limited, read_uploads, serve
from blocks.registration.routes.wire import CaseId
from blocks.registration.services import Service, find_service, list_services
from blocks.registration.tasks import Wanted

Entered = Mapping[str, str]
Show = Callable[[Visitor], Response]
Act = Callable[[Visitor, Entered], Response]


class Doors:
    """Lets people in: a page for whoever is logged in, an act for whoever sends a form of their own."""

    def __init__(self, office: Office) -> None:
        kit = office.kit
        self.office = office
        self.sign_in = SignIn(kit, "Registration desk", HOME)
        self.desk = Desk(self.sign_in.address, self.sign_in.origin, kit.settings.sandbox_id)

    def see(self, request: Request, show: Show) -> Response:
        """Show a page, or send somebody unknown to the log-in."""
        visitor = self.sign_in.visitor(request)
        if visitor is None:
            return RedirectResponse(f"{self.desk.address}{HOME}/login?onward={request.url.path}", 303)
        try:
            return show(visitor)
        except Problem as problem:
            return self.desk.refuse(visitor, problem.detail, problem.status)

    def act(self, request: Request, entered: Entered, act: Act) -> Response:
        """Do what a form asks for, if the form was made for this person."""
        visitor = self.sign_in.visitor(request)
        if visitor is None:
            return self.desk.refuse(
                None, "You are not logged in any more. Log in and open the page again.", 401
            )
        try:
            visitor.require_seal(entered.get("seal", ""))
            return act(visitor, entered)
        except Problem as problem:
            return self.desk.refuse(visitor, problem.detail, problem.status)

    def go(self, *parts: str) -> Response:
        """Send the browser on to a page, so that a reload doesn't send the form again."""
        return RedirectResponse("/".join([self.desk.address + HOME, *parts]), 303)


async def read_entered_form(request: Request) -> dict[str, str]:
    """Read a form's texts; the first of each name."""
    async with limited(request).form(max_fields=200) as form:
        return texts_of(form)


def texts_of(form: FormData) -> dict[str, str]:
    """Give a form's texts, the first of each name."""
    entered: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            entered.setdefault(name, value.replace("\x00", ""))
    return entered


def make_router(doors: Doors) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix=HOME)
    desk, kit = doors.desk, doors.office.kit

    @router.get("")
    def home(request: Request) -> Response:
        visitor = doors.sign_in.visitor(request)
        if visitor is None:
            return desk.welcome()
        with kit.records.transaction() as db:
            services = {each.slug: each for each in list_services(db)}
            _, rows = applications.list_page(
                db, list(services), None, None, visitor.caller.individual_id or None, limit=100, offset=0
            )
        own = [(identify(row), row, services[row["service"]]) for row in rows]
        return desk.home(visitor, list(services.values()), own)

    @router.get("/login")
    def begin_log_in(onward: str = HOME) -> Response:
        return doors.sign_in.begin(onward)

    @router.get("/back")
    def finish_log_in(request: Request) -> Response:
        try:
            return doors.sign_in.finish(request)
        except Problem as problem:
            return desk.refuse(None, problem.detail, problem.status)

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        entered = await read_entered_form(request)
        return await run_in_threadpool(doors.act, request, entered, lambda *_: doors.sign_in.leave())

    @router.get("/tasks")
    def show_tasks(request: Request) -> Response:
        def show(visitor: Visitor) -> Response:
            caller = visitor.caller
            wanted = Wanted(
                roles=None if caller.anyone else caller.roles, individual_id=caller.individual_id, most=200
            )
            with kit.records.transaction() as db:
                lines = [
                    (
                        f"{task['name']} {task['file']}",
                        task["service_name"],
                        task["created_on"].isoformat(),
                        f"applications/{task['file']}",
                    )
                    for task in tasks.find_open(db, wanted)
                ]
                lines += [
                    (
                        f"{each['title']} {each['subject']}",
                        each["service"],
                        each["since"],
                        f"payrolls/{each['subject']}",
                    )
                    for role in sorted(caller.roles)
                    for each in tasks.list_payroll_tasks(db, role)
                ]
            return desk.tasks(visitor, lines)

        return doors.see(request, show)

    @router.get("/services/{service}")
    def show_service(request: Request, service: str) -> Response:
        def show(visitor: Visitor) -> Response:
            with kit.records.transaction() as db:
                found = find_service(db, service)
            return desk.ask(visitor, found, {}, {}, "services", service)

        return doors.see(request, show)

    @router.post("/services/{service}")
    async def begin_application(request: Request, service: str) -> Response:
        def act(visitor: Visitor, entered: Entered) -> Response:
            with kit.records.transaction() as db:
                found = find_service(db, service)
            content = read_entered(found.definition.eForm, entered)
            faults = find_faults(found.definition.eForm, content)
            if faults:
                return desk.ask(visitor, found, content, faults, "services", service)
            person = _applicant(visitor.caller, entered)
            try:
                with kit.records.transaction() as db:
                    row = applications.create(db, found, person, content, _now(visitor))
            except Problem as problem:
                return desk.ask(visitor, found, content, {}, "services", service, words=problem.detail)
            return doors.go("applications", identify(row))

        return await run_in_threadpool(doors.act, request, await read_entered_form(request), act)

    @router.get("/applications/{id}")
    def show_case(request: Request, id: CaseId) -> Response:
        return doors.see(request, lambda visitor: _show_case(visitor, id))

    @router.get("/applications/{id}/form")
    def show_form(request: Request, id: CaseId) -> Response:
        def show(visitor: Visitor) -> Response:
            with kit.records.transaction() as db:
                row = find(db, id)
                found = find_service(db, row["service"])
            require_own(visitor.caller, row["individual_id"])
            return desk.ask(visitor, found, row["form"], {}, "applications", id, "form")

        return doors.see(request, show)

    @router.post("/applications/{id}/form")
    async def change_form(request: Request, id: CaseId) -> Response:
        def act(visitor: Visitor, entered: Entered) -> Response:
            with kit.records.transaction() as db:
                row = find(db, id, lock=True)
                require_own(visitor.caller, row["individual_id"])
                found = find_service(db, row["service"])
                content = read_entered(found.definition.eForm, entered)
                faults = find_faults(found.definition.eForm, content)
                if not faults:
                    applications.replace_form(db, row, found, content, _now(visitor))
            if faults:
                return desk.ask(visitor, found, content, faults, "applications", id, "form")
            return doors.go("applications", id)

        return await run_in_threadpool(doors.act, request, await read_entered_form(request), act)

    @router.post("/applications/{id}/documents")
    async def bring_document(request: Request, id: CaseId) -> Response:
        async with limited(request).form(max_files=1, max_fields=10) as form:
            entered = texts_of(form)
            uploads = await read_uploads(form) if any(not isinstance(x, str) for x in form.values()) else []

        def act(visitor: Visitor, entered: Entered) -> Response:
            if not uploads or not uploads[0].content:
                return _show_case(visitor, id, "Choose a file first.")
            kind = entered.get("kind", "")[:60]
            with kit.records.transaction() as db:
                row = find(db, id, lock=True)
                require_own(visitor.caller, row["individual_id"])
                kept = documents.keep(db, row["individual_id"], kind, uploads[0], kit.clock.today())
                documents.link(db, find_service(db, row["service"]), row, kept, kind)
            return doors.go("applications", id)

        return await run_in_threadpool(doors.act, request, entered, _explained(id, act))

    @router.get("/documents/{document}")
    def show_document(request: Request, document: str) -> Response:
        def show(visitor: Visitor) -> Response:
            with kit.records.transaction() as db:
                row = documents.find(db, document, content=True)
                officers = [
                    find_service(db, each).roles.officer
                    for each in documents.services_of(db, row["document"])
                ]
            if not visitor.caller.may_act_as(*officers):
                require_own(visitor.caller, row["owner"])
            return serve(row)

        return doors.see(request, show)

    def post(path: str, name: str, do: Callable[[Connection, Row, Visitor, Entered], Any]) -> None:
        """Serve an act of the applicant."""

        async def route(request: Request, id: CaseId) -> Response:
            def act(visitor: Visitor, entered: Entered) -> Response:
                with kit.records.transaction() as db:
                    row = find(db, id, lock=True)
                    require_own(visitor.caller, row["individual_id"])
                    do(db, row, visitor, entered)
                return doors.go("applications", id)

            entered = await read_entered_form(request)
            return await run_in_threadpool(doors.act, request, entered, _explained(id, act))

        route.__name__ = name
        router.add_api_route(f"/applications/{{id}}/{path}", route, methods=["POST"])

    def office_post(path: str, name: str, do: Callable[[Caller, str, Entered], Any]) -> None:
        """Serve an act of an official."""

        async def route(request: Request, id: CaseId) -> Response:
            def act(visitor: Visitor, entered: Entered) -> Response:
                do(visitor.caller, id, entered)
                return doors.go("applications", id)

            entered = await read_entered_form(request)
            return await run_in_threadpool(doors.act, request, entered, _explained(id, act))

        route.__name__ = name
        router.add_api_route(f"/applications/{{id}}/{path}", route, methods=["POST"])

    def _explained(id: str, act: Act) -> Act:
        """Show the application again with the words, when what was tried is not possible."""

        def explained(visitor: Visitor, entered: Entered) -> Response:
            try:
                return act(visitor, entered)
            except Problem as problem:
                if problem.status in (400, 409, 413, 502):
                    return _show_case(visitor, id, problem.detail)
                raise

        return explained

    def _show_case(visitor: Visitor, id: str, words: str = "") -> Response:
        with kit.records.transaction() as db:
            row = find(db, id)
            service: Service = find_service(db, row["service"])
            require_reader(visitor.caller, row, service)
            linked = documents.list_linked(db, row["number"])
            history = applications.history_of(db, row["number"])
        wanted = service.definition.documents_for(row["form"], kit.clock.today())
        return show_application(desk, visitor, service, row, linked, wanted, history, words=words)

    def _now(visitor: Visitor, reason: str = "") -> Change:
        return Change.now(kit.clock, visitor.caller.individual_id, reason)

    post(
        "submit",
        "hand_in",
        lambda db, row, visitor, _: applications.submit(
            db, row, find_service(db, row["service"]), _now(visitor)
        ),
    )
    post(
        "appeal",
        "make_appeal",
        lambda db, row, visitor, entered: applications.appeal(
            db, row, _now(visitor, entered.get("reason", "").strip()[:400])
        ),
    )
    office_post("verification", "check_case", lambda caller, id, _: acts.verify(doors.office, caller, id))
    office_post(
        "decision",
        "decide_case",
        lambda caller, id, entered: acts.decide(
            doors.office, caller, id, entered.get("decision", ""), entered.get("reason", "").strip()[:400]
        ),
    )
    office_post(
        "fee",
        "take_fee",
        lambda caller, id, entered: acts.take_fee(
            doors.office, caller, id, entered.get("receipt", "").strip()[:400]
        ),
    )
    return router


def _applicant(caller: Caller, entered: Entered) -> str:
    """Who applies: whoever is logged in; in a block that runs alone, whoever is written there."""
    return entered.get("_applicant", "").strip()[:64] or "ANYONE" if caller.anyone else caller.individual_id
