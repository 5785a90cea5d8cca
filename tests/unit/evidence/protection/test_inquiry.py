"""What a data-protection officer asks is answered from the log, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.evidence.protection.fields import expand_fields, say_field
from sandbox.evidence.protection.findings import ProtectionReport
from sandbox.evidence.protection.inquiry import Inquiry, find_logged_in, inquire
from sandbox.evidence.protection.lists import begins, read_lists
from sandbox.model.block import BlockDescriptor, Loader
from sandbox.model.wiring import CONTROLS_SERVICE, Client, Operation, Right, Service, Topic, Wiring
from tests.fakes.sample_play import BLOCKS, MINISTRY, Play

DESK, REGISTERS = "SBX/GOV/CENTRAL/registration", "SBX/GOV/CENTRAL/digital-registries"
GROUNDS = {"legal_basis": "Act (fictitious)", "retention": "5 years", "recipient": "The ministry"}
BLOCK = BlockDescriptor(
    name="Digital registries",
    slug="digital-registries",
    summary="Keeps registers.",
    module="blocks.digital_registries",
    seed=Loader(loader="blocks.digital_registries.seed", reads={"persons": ("person_no", "functional_id")}),
)


def _wiring(**changes: Any) -> Wiring:
    services = tuple(
        Service(application=f"SBX/GOV/CENTRAL/{slug}", block=slug, name=name, operations=())
        for slug, name in BLOCKS.items()
    )
    clients = (
        Client(application=MINISTRY, name="Social ministry", proof="sandbox"),
        Client(application=DESK, name="Registration", proof="block", block="registration"),
    )
    return Wiring(**{"services": services, "clients": clients, "rights": (), **changes})


def _report(play: Play, wiring: Wiring | None = None, **blocks: BlockDescriptor) -> ProtectionReport:
    held = {block.slug: block for block in blocks.values()}
    return inquire(play.exchanges, wiring or _wiring(), held, play.events)


def _apply(play: Play, person: str, **form: object) -> None:
    """A citizen fills in a form at the ministry."""
    play.exchange(
        block="registration",
        operation_id="createApplication",
        individual=person,
        purpose="enrolment",
        fields=("request/form/*", "request/individualId"),
        request={"individualId": person, "form": form},
    )


def _read(play: Play, person: str, **content: object) -> None:
    """The desk reads a register."""
    play.exchange(
        block="digital-registries",
        client=DESK,
        operation_id="read",
        individual=person,
        purpose="verification",
        fields=("response/content/*",),
        response={"content": content},
        **GROUNDS,
    )


def test_a_star_is_told_by_the_names_that_stood_behind_it() -> None:
    play = Play()
    _apply(play, "p1", givenName="Amina", address={"street": "Long Street", "house": ""}, phone=None)
    assert expand_fields(play.exchanges[0]) == (
        "request/form/givenName",
        "request/form/address/street",
        "request/individualId",
    )


def test_a_body_that_was_not_kept_tells_its_pointers() -> None:
    play = Play()
    play.exchange(block="registration", fields=("request/form/*",), request={"omitted": "text/html, 9 bytes"})
    assert expand_fields(play.exchanges[0]) == ("request/form/*",)


def test_an_id_is_named_with_what_it_is_of() -> None:
    assert say_field("response/consentRecord/individual/id") == "individual id"


def test_a_row_names_fields_people_grounds_and_exchanges() -> None:
    play = Play()
    for person in ("p1", "p2"):
        _read(play, person, sex="female", size=3)
    _read(play, "p1", sex="female")
    (row,) = _report(play).readings
    assert (row.reader, row.source, row.people) == ("Registration", "Digital registries", 2)
    assert (row.purpose, row.legal_basis, row.retention) == ("verification", "Act (fictitious)", "5 years")
    assert {each.field: each.people for each in row.fields} == {"sex": 2, "size": 2}
    assert row.counted.numbers == (1, 2, 3)


def test_lists_of_accounts_count_the_people_behind_them() -> None:
    play = Play()
    _apply(play, "p1", payeeFunctionalId="FUNCTIONAL-1")
    items = [{"payeeFunctionalId": "FUNCTIONAL-1"}, {"payeeFunctionalId": "FUNCTIONAL-2"}]
    play.exchange(
        block="payments",
        client=DESK,
        purpose="payment",
        fields=("request/items/*/payeeFunctionalId",),
        request={"items": items},
    )
    report = _report(play)
    assert {row.purpose: row.people for row in report.readings} == {"payment": 2, "enrolment": 1}
    assert report.people == 2


def test_a_value_is_used_when_it_is_told_to_somebody_else_and_an_echo_counts_as_neither() -> None:
    play = Play()
    _read(play, "p1", householdId="HH-000165", districtName="Upper Valley")
    play.exchange(
        block="digital-registries",
        client=DESK,
        request={"look": "Upper Valley"},  # back to where it came from
    )
    play.exchange(block="payments", client=DESK, request={"household": "HH-000165"})
    report = _report(play)
    (row,) = report.readings
    assert [(each.field, each.followed, each.seen_again) for each in row.fields] == [
        ("district name", 0, 0),
        ("household id", 1, 1),
    ]
    assert report.never_used == ()


def test_a_short_value_is_used_only_under_its_own_name_and_about_its_person() -> None:
    play = Play()
    _read(play, "p1", size=2, elderly=1)
    play.exchange(block="payments", client=DESK, individual="p1", request={"size": 2, "count": 1})
    ((_, fields),) = _report(play).never_used
    assert [each.field for each in fields] == ["elderly"]


def test_what_an_office_reads_is_marked_as_the_end_of_the_chain_and_comes_last() -> None:
    play = Play()
    play.exchange(
        block="payments",
        individual="p1",
        fields=("response/accountNumber",),
        response={"accountNumber": "ACCOUNT-77"},
    )
    _read(play, "p1", districtName="Upper Valley")
    rows = [row for row, _ in _report(play).never_used]
    assert [(row.reader, row.reader_is_office) for row in rows] == [
        ("Registration", False),
        ("Social ministry", True),
    ]


def test_a_field_that_a_register_answers_need_not_be_asked() -> None:
    play = Play()
    _apply(play, "p1", birthDate="1990-12-24", note="by phone")
    _read(play, "p1", bornOn="1990-12-24", birthDate="1990-12-24")
    (found,) = _report(play, registers=BLOCK).asked_twice
    assert (found.field, found.held_by, found.held_as) == ("birth date", "Digital registries", "birth date")
    assert (found.how, found.people, found.alike) == ("answered", 1, 1)
    assert found.counted.numbers == (1, 2)


@pytest.mark.parametrize(("alike", "named"), [(3, "family name"), (1, "")])
def test_another_name_is_the_same_thing_only_when_it_fits_nearly_everybody(alike: int, named: str) -> None:
    play = Play()
    for number in range(4):
        _apply(play, f"p{number}", motherFamilyName=f"Lalelka-{number}")
        _read(play, f"p{number}", familyName=f"Lalelka-{number if number < alike else 9}")
    found = _report(play, registers=BLOCK).asked_twice
    assert [each.held_as for each in found] == ([named] if named else [])


def test_what_was_written_into_a_register_before_is_not_held_by_it() -> None:
    play = Play()
    _apply(play, "p1", birthDate="1990-12-24")
    play.exchange(
        block="digital-registries",
        client=DESK,
        individual="p1",
        fields=("request/write/*",),
        request={"write": {"birthDate": "1990-12-24"}},
    )
    _read(play, "p1", birthDate="1990-12-24")
    assert _report(play, registers=BLOCK).asked_twice == ()


def test_a_column_is_found_by_the_name_under_which_blocks_compared_the_same_values() -> None:
    play = Play()
    for person, number in (("p1", "NUMBER-0001"), ("p2", "NUMBER-0002")):
        _apply(play, person, cardNumber=number)
        play.exchange(
            block="identity",
            client=DESK,
            individual=person,
            fields=("request/claims/functional_id",),
            request={"claims": {"functional_id": number}},
        )
    block = BLOCK.model_copy(update={"slug": "identity"})
    (found,) = _report(play, registers=block).asked_twice
    assert (found.field, found.how, found.held_as) == ("card number", "loaded", "persons.functional_id")
    assert _report(play, registers=BLOCK).asked_twice == ()  # who compared it is another block


def test_the_number_that_names_a_person_may_be_asked() -> None:
    play = Play()
    _apply(play, "person-one")
    _read(play, "person-one", individualId="person-one")
    assert _report(play, registers=BLOCK).asked_twice == ()


def test_special_categories_come_first_and_say_who_read_them() -> None:
    play = Play()
    _read(play, "p1", children_under_5=2, disabled=1)
    found = _report(play).sensitive
    assert [(each.kind, each.category, each.fields, each.reader) for each in found] == [
        ("special", "Health and disability", ("disabled",), "Registration"),
        ("protected", "Children", ("children under 5",), "Registration"),
    ]


@pytest.mark.parametrize(
    ("field", "category"),
    [
        ("hiv status", "Health and disability"),
        ("archive number", None),
        ("wealth", None),
        ("religion", "Religion or belief"),
        ("iris", "Biometric or genetic data"),
        ("irish", None),
    ],
)
def test_categories_are_data_and_told_by_the_beginning_of_a_word(field: str, category: str | None) -> None:
    assert [each.name for each in read_lists().categories_of(field)] == ([category] if category else [])


def test_a_whole_word_is_asked_for_by_a_blank() -> None:
    assert begins("iris scan", ["iris "])
    assert not begins("irises", ["iris "])


def _decide(play: Play, person: str, *, proposed: str, decided: str, by: str = "") -> None:
    play.exchange(
        block="registration",
        operation_id="decideApplication",
        individual=person,
        request={"decision": decided},
        response={"recommendation": proposed, "decidedBy": by},
    )


def test_a_decision_without_a_name_or_a_log_in_was_taken_by_nobody() -> None:
    play = Play()
    _decide(play, "p1", proposed="reject", decided="reject", by="STAFF-officer")
    _decide(play, "p2", proposed="reject", decided="approve")
    report = _report(play)
    (found,) = report.decisions
    assert (found.counted.times, found.person, found.nobody.numbers) == (2, 1, (2,))
    assert (report.proposals.proposals, report.proposals.followed) == (2, 1)


def test_a_log_in_of_a_step_stands_for_a_person() -> None:
    play = Play()
    play.step("decide", "The officer decides.", block="registration", operation_id="decideApplication")
    assert find_logged_in(play.events) == {play.exchanges[0].id}
    assert _report(play).decisions[0].person == 1


def test_a_result_is_worked_out_once_and_read_often() -> None:
    play = Play()
    for operation in ("verifyApplication", "readApplication"):
        play.exchange(
            block="registration",
            operation_id=operation,
            individual="p1",
            fields=("response/score",),
            response={"score": 20},
        )
    (found,) = _report(play).decisions
    assert (found.computed, found.nobody.numbers, found.people) == (("score",), (1,), 1)


def test_people_left_out_of_a_list_were_left_out_by_a_program() -> None:
    play = Play()
    excluded = [{"individualId": "p1"}, {"individualId": "p2"}]
    play.exchange(
        block="registration",
        operation_id="preparePayroll",
        fields=("response/excluded/*/individualId",),
        response={"excluded": excluded},
    )
    (found,) = _report(play).decisions
    assert (found.computed, found.people) == (("excluded",), 2)


def _consent(play: Play, person: str, opt_in: bool) -> None:
    record = {"optIn": opt_in, "dataAgreement": {"id": "cash-transfer"}}
    play.exchange(block="consent", individual=person, response={"consentRecord": record})


def test_consents_given_withdrawn_and_missed_are_counted() -> None:
    play = Play()
    _consent(play, "p1", True)
    _consent(play, "p1", True)  # read again: nothing new
    _consent(play, "p2", True)
    _consent(play, "p1", False)
    play.exchange(
        block="digital-registries",
        individual="p1",
        status=403,
        refused="consent-missing",
        consent="cash-transfer",
        fields=("request/individualId",),
        request={"individualId": "p1"},
    )
    report = _report(play)
    (found,) = report.consents
    assert (found.given.numbers, found.withdrawn.numbers, found.refused.numbers) == ((1, 3), (4,), (5,))
    assert report.readings == ()


def test_what_is_read_after_a_withdrawal_is_listed_with_its_own_basis() -> None:
    play = Play()
    for person in ("p1", "p2"):
        _consent(play, person, True)
    _consent(play, "p1", False)
    _read(play, "p1", sex="female")
    _read(play, "p2", sex="male")
    (found,) = _report(play).after_withdrawal
    assert (found.reader, found.people, found.counted.numbers) == ("Registration", 1, (4,))


def test_rights_that_nobody_used_are_named_whole_or_in_part() -> None:
    why = {"purpose": "to see", **GROUNDS}
    wiring = _wiring(
        rights=(
            Right(client=DESK, service=REGISTERS, operations=("read", "list"), **why),
            Right(client=DESK, service="SBX/GOV/CENTRAL/messaging", operations=("deliver",), **why),
            Right(client=MINISTRY, service=CONTROLS_SERVICE, operations=("reset",), **why),
        ),
        topics=(
            Topic(
                client=DESK,
                room="SBX/GOV/CENTRAL/information-mediator",
                event_types=("childRegistered", "childMoved"),
                acts=("publish",),
                **why,
            ),
        ),
    )
    play = Play()
    _read(play, "p1", sex="female")
    play.exchange(
        block="information-mediator",
        client=DESK,
        operation_id="publishEvent",
        path="/r1/SBX/GOV/CENTRAL/room/pub/v1/childRegistered",
    )
    report = _report(play, wiring)
    assert report.rights == 3
    assert [(each.service, each.operations, each.whole) for each in report.unused_rights] == [
        ("Messaging", ("deliver",), True),
        ("Digital registries", ("list",), False),
        ("Information mediator", ("publish childMoved",), False),
    ]


def test_a_later_answer_has_the_grounds_of_what_it_answers() -> None:
    operation = Operation(
        operation_id="pay", method="post", path="/pay", summary="pays", personal=("request/items/*/payee",)
    )
    paying = Service(
        application="SBX/GOV/CENTRAL/payments", block="payments", name="Payments", operations=(operation,)
    )
    play = Play()
    play.exchange(block="payments", client=DESK, correlation="B1", purpose="payment", **GROUNDS)
    play.exchange(
        block="payments",
        kind="callback",
        client=paying.application,
        service="",
        correlation="B1",
        request={"results": [{"payee": "p1", "state": "credited"}]},
    )
    (row,) = _report(play, _wiring(services=(paying,))).readings
    assert (row.reader, row.source, row.purpose) == ("Registration", "Payments", "payment")
    assert [each.field for each in row.fields] == ["payee"]


def test_controls_are_no_part_of_the_service() -> None:
    play = Play()
    play.exchange(block="sandbox", kind="control", fields=("response/citizen/name",))
    play.exchange(block="identity", client=CONTROLS_SERVICE, fields=("path/individualId",), individual="p1")
    report = _report(play)
    assert (report.exchanges, report.readings) == (0, ())


def test_of_a_long_log_fewer_exchanges_are_named_and_as_many_counted() -> None:
    play = Play()
    for number in range(5):
        _apply(play, f"p{number}", givenName="Amina", familyName="Teso", size=3)
        _read(play, f"p{number}", sex="female", disabled=1)
    short = Inquiry(_wiring(), {}, most_numbers=2)
    for exchange in play.exchanges:
        short.pass_by(exchange)
    rows = list(zip(_report(play).readings, short.report().readings, strict=True))
    assert [row.counted.times for row, _ in rows] == [5, 5]
    for whole, cut in rows:
        assert (cut.counted.times, cut.people) == (whole.counted.times, whole.people)
        assert cut.counted.numbers == whole.counted.numbers[:2]
        assert [each.counted.times for each in cut.fields] == [5] * len(whole.fields)
