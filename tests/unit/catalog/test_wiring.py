"""Who may call what, from the blocks' descriptors and the scenario's own file."""

from __future__ import annotations

import pytest

from sandbox.catalog.catalog import open_catalog
from sandbox.catalog.wiring import EXPLORER, build_wiring
from sandbox.errors import ContentError
from sandbox.model.wiring import Wiring
from sandbox.settings import CONTENT_ROOT

WIRING = "scenarios/grant/wiring.yaml"
MINISTRY = "SBX/GOV/SOCIAL-MINISTRY/grant"
PAYMENTS = "SBX/GOV/CENTRAL/payments"
INSTITUTIONS = "SBX/GOV/CENTRAL/payee-institutions"
CONTROLS = "SBX/GOV/CENTRAL/sandbox"


def wire(content) -> Wiring:
    catalog = content.open()
    scenario = catalog.scenario("grant")
    return build_wiring(catalog.blocks(scenario.blocks), catalog.controls(), scenario)


def allowed(wiring: Wiring) -> set[tuple[str, str, str]]:
    return {
        (right.client, right.service, operation) for right in wiring.rights for operation in right.operations
    }


def test_a_scenarios_wiring_allows_what_is_written_and_nothing_else(content):
    assert allowed(wire(content)) == {
        (MINISTRY, PAYMENTS, "payBatch"),
        (MINISTRY, PAYMENTS, "readBatch"),
        (MINISTRY, CONTROLS, "advanceClock"),
        (EXPLORER, CONTROLS, "advanceClock"),
        (PAYMENTS, INSTITUTIONS, "credit"),
        (PAYMENTS, INSTITUTIONS, "listCredits"),
    }


def test_services_say_which_instance_answers(content):
    wiring = wire(content)
    assert {service.application: service.block for service in wiring.services} == {
        PAYMENTS: "payments",
        INSTITUTIONS: "payee-institutions",
        "SBX/GOV/CENTRAL/information-mediator": "information-mediator",
        CONTROLS: "controls",
    }


def test_clients_say_what_proves_them(content):
    proofs = {client.application: (client.proof, client.block) for client in wire(content).clients}
    assert proofs[MINISTRY] == ("sandbox", None)
    assert proofs[PAYMENTS] == ("block", "payments")
    assert proofs[CONTROLS] == ("block", "controls")


def test_a_right_keeps_its_reasons_and_its_consent(content):
    right = next(right for right in wire(content).rights if right.client == MINISTRY)
    assert (right.purpose, right.consent) == ("Pay the grant.", "grant-agreement")


def test_a_scenario_replaces_a_blocks_right_by_naming_it(content):
    text = (content.root / WIRING).read_text()
    content.write(
        WIRING,
        text
        + "- client: payments\n  service: payee-institutions\n  operations: [credit]\n  purpose: Other.\n"
        "  legal_basis: Other act.\n  retention: One day.\n  recipient: A bank.\n  consent: c\n",
    )
    rights = [right for right in wire(content).rights if right.client == PAYMENTS]
    assert [(right.operations, right.purpose) for right in rights] == [
        (("listCredits",), "Settle what was paid."),
        (("credit",), "Other."),
    ]


def test_a_scenario_takes_a_right_away(content):
    content.replace(
        WIRING, "rights:\n", "deny:\n- {client: payments, service: payee-institutions}\nrights:\n"
    )
    assert not [right for right in wire(content).rights if right.client == PAYMENTS]


def test_an_own_line_for_the_controls_is_the_only_one(content):
    text = (content.root / WIRING).read_text()
    content.write(WIRING, text + text.partition("rights:\n")[2].replace("payments", "sandbox").replace(
        "[payBatch, readBatch]", "[advanceClock]"))  # fmt: skip
    rights = [right for right in wire(content).rights if right.service == CONTROLS]
    assert [right.purpose for right in rights if right.client != EXPLORER] == ["Pay the grant."]


def test_the_controls_may_log_in_where_identity_runs(content):
    text = (content.root / "blocks/information_mediator/openapi.yaml").read_text()
    content.write(
        "blocks/identity/block.yaml",
        "name: Identity\nslug: identity\nsummary: Knows people.\nmodule: blocks.identity\n",
    )
    content.write(
        "blocks/identity/openapi.yaml",
        text.replace(
            "paths: {}",
            "paths:\n  /client:\n    post: {operationId: createOidcClient, summary: A client, x-source: own,"
            " responses: {'200': {description: ok}}}",
        ),
    )
    catalog = content.open()
    wiring = build_wiring(catalog.blocks(), catalog.controls())
    assert (CONTROLS, "SBX/GOV/CENTRAL/identity", "createOidcClient") in allowed(wiring)


def test_without_a_scenario_the_explorer_may_call_everything(content):
    catalog = content.open()
    wiring = build_wiring(catalog.blocks(), catalog.controls())
    every = {
        (service.application, operation.operation_id)
        for service in wiring.services
        for operation in service.operations
    }
    assert {
        (service, operation) for client, service, operation in allowed(wiring) if client == EXPLORER
    } == every


@pytest.mark.parametrize(
    ("old", "new", "message", "words"),
    [
        ("service: payments", "service: payment", "no service is called 'payment'", "service: payment"),
        ("readBatch", "readBach", "has no operation 'readBach'", "readBach"),
        (
            "client: SBX/GOV/SOCIAL-MINISTRY/grant",
            "client: SBX/GOV/X/y",
            "no client is called",
            "client: SBX",
        ),
        ("  purpose: Pay the grant.\n", "", "rights.0.purpose' is missing", "- client:"),
        ("{application: SBX", "{application: /SBX", "'clients.0.application'", "application: /SBX"),
        (MINISTRY, PAYMENTS, "is known already", "clients:"),
        ("rights:", "rihgts:", "unknown key 'rihgts'", "rihgts"),
    ],
)
def test_a_line_that_names_nothing_is_refused(content, old, new, message, words):
    content.replace(WIRING, old, new)
    if words == "clients:":
        words = "application: SBX"
    with pytest.raises(ContentError) as caught:
        wire(content)
    assert message in str(caught.value)
    assert caught.value.path == WIRING
    assert caught.value.line == content.line_of(WIRING, words)


def test_a_scenario_without_wiring_is_told_so(content):
    (content.root / WIRING).unlink()
    assert [str(error) for error in content.check()] == [f"{WIRING}: the file does not exist"]


TOPIC = """topics:
- client: SBX/GOV/SOCIAL-MINISTRY/grant
  event_types: [newBirth]
  acts: [publish]
  purpose: Tell other registers about births.
  legal_basis: Civil registration act (fictitious), section 3.
  retention: Until every subscriber has it.
  recipient: Subscribed registers.
rights:
"""


def test_what_a_client_may_do_with_events_is_a_line_of_its_own(content):
    assert wire(content).topics == ()
    content.replace(WIRING, "rights:\n", TOPIC)
    (topic,) = wire(content).topics
    assert (topic.client, topic.room) == (MINISTRY, "SBX/GOV/CENTRAL/information-mediator")
    assert (topic.event_types, topic.acts) == (("newBirth",), ("publish",))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("client: SBX/GOV/SOCIAL-MINISTRY/grants", "no client is called"),
        ("acts: [read]", "acts"),
        ("acts: []", "acts"),
        ("event_types: ['a b']", "event_types"),
    ],
)
def test_a_topic_that_means_nothing_is_named(content, wrong, named):
    key = wrong.partition(":")[0]
    line = next(line for line in TOPIC.splitlines() if f"{key}:" in line)
    content.replace(WIRING, "rights:\n", TOPIC.replace(line, line.partition(key)[0] + wrong))
    with pytest.raises(ContentError, match=named):
        wire(content)


def test_whoever_holds_the_token_may_read_what_people_were_sent_and_look_no_further():
    catalog = open_catalog(CONTENT_ROOT)
    scenario = catalog.scenario("cash-transfer")
    wiring = build_wiring(catalog.blocks(scenario.blocks), catalog.controls(), scenario)
    messaging = "SBX/GOV/CENTRAL/messaging"
    mine = {
        operation
        for client, service, operation in allowed(wiring)
        if (client, service) == (EXPLORER, messaging)
    }
    assert mine == {"openInbox", "listEmails"}
