"""What a scenario becomes when it is read, and what is refused about it."""
# ruff: noqa: E501  (the table of refusals reads by rows)

from __future__ import annotations

import pytest

from sandbox.errors import ContentError, NotFound
from sandbox.model.scenario import OperationRef, WorkflowRef

STORY = "scenarios/grant/scenario.arazzo.yaml"
LEDGER = "scenarios/grant/ledger.arazzo.yaml"


def test_the_fixture_has_nothing_wrong(content):
    assert content.check() == []


def test_a_story_is_read_with_what_its_steps_inherit(content):
    scenario = content.open().scenario("grant")
    story = scenario.story.workflows["grant"]
    pay, look = story.steps
    assert story.inputs["properties"]["amount"] == {"type": "number", "default": 50}
    assert pay.target == OperationRef(source="payments", operation_id="payBatch")
    assert [(p.name, p.location, p.value) for p in pay.parameters] == [
        ("Information-Mediator-Client", "header", "SBX/GOV/SOCIAL-MINISTRY/grant")
    ]
    assert [action.name for action in pay.on_success] == ["all-is-done"]
    assert (pay.on_failure[0].kind, pay.on_failure[0].retry_after, pay.on_failure[0].retry_limit) == (
        "retry",
        0.5,
        3,
    )
    assert pay.body is not None
    assert pay.body.replacements[0].value == "$inputs.lines"
    assert look.target == WorkflowRef(source="ledger", workflow_id="look")
    assert [p.name for p in look.parameters] == ["batch"], "headers are not handed to a workflow"
    assert [action.name for action in look.on_success] == ["pay-again", "all-is-done"]
    assert scenario.policy == {"amount": 75}
    assert scenario.findings.limits == ("Nothing real was paid.",)


def test_the_blocks_are_closed_over_what_they_require_and_hold_the_mediator(content):
    assert content.open().scenario("grant").blocks == (
        "information-mediator",
        "payee-institutions",
        "payments",
    )


def test_a_place_names_the_line_of_its_part(content):
    scenario = content.open().scenario("grant")
    pay = scenario.story.workflows["grant"].steps[0]
    assert str(pay.place) == f"{STORY}:{content.line_of(STORY, 'stepId: pay')}"
    assert pay.criteria[0].place.line == content.line_of(STORY, "condition: $statusCode == 200")


def test_a_steps_own_header_replaces_the_workflows_whatever_its_case(content):
    content.replace(
        STORY,
        "    requestBody:",
        "    parameters:\n"
        "    - {name: information-mediator-client, in: header, value: SBX/GOV/OTHER/app}\n"
        "    requestBody:",
    )
    pay = content.open().scenario("grant").story.workflows["grant"].steps[0]
    assert [p.value for p in pay.parameters] == ["SBX/GOV/OTHER/app"]


def test_a_reference_may_override_the_value(content):
    content.replace(
        STORY,
        "  - reference: $components.parameters.ministry",
        "  - {reference: $components.parameters.ministry, value: SBX/GOV/OTHER/app}",
    )
    pay = content.open().scenario("grant").story.workflows["grant"].steps[0]
    assert [p.value for p in pay.parameters] == ["SBX/GOV/OTHER/app"]


def test_policy_and_findings_may_be_missing(content):
    (content.root / "scenarios/grant/policy.yaml").unlink()
    (content.root / "scenarios/grant/findings.yaml").unlink()
    scenario = content.open().scenario("grant")
    assert scenario.policy == {}
    assert "A grant" in scenario.findings.passed


def test_extensions_are_passed_over(content):
    content.replace(STORY, "  - stepId: pay", "  - x-note: mine\n    stepId: pay")
    assert content.check() == []


def test_an_unknown_scenario_is_answered_with_the_nearest_name(content):
    with pytest.raises(NotFound, match="no scenario is called 'grand'") as caught:
        content.open().scenario("grand")
    assert caught.value.hint == "did you mean 'grant'?"


def test_a_name_can_not_lead_out_of_the_folder(content):
    with pytest.raises(NotFound):
        content.open().scenario("../scenarios/grant")
    with pytest.raises(NotFound):
        content.open().block("../../etc")


PAY = "    operationId: $sourceDescriptions.payments.payBatch"
CRITERION = "    - condition: $statusCode == 200"
OUTPUT = "      batch: $response.body#/batchId"

REFUSALS = [
    # (file, old, new, part of the message, words on the line)
    (STORY, "arazzo: 1.0.1", "arazzo: 2.0.0", "wanted: 1.0.x or 1.1.0", "arazzo:"),
    (STORY, "arazzo: 1.0.1", "arazzo: 1.0", "arazzo is 1.0,", "arazzo:"),
    (STORY, "info: {title: A grant,", "info: {titel: A grant,", "unknown key 'titel'", "info:"),
    (STORY, "components:\n", "componets:\n", "unknown key 'componets'", "componets"),
    (STORY, "arazzo: 1.0.1", "arazzo: 1.1.0\n$self: x", "'$self' is not run here", "$self"),
    (STORY, "  summary: The ministry", "  dependsOn: [x]\n  summary: The ministry", "no workflow is called 'x'", "dependsOn"),
    (STORY, "  summary: The ministry", "  dependsOn: [grant]\n  summary: The ministry", "dependsOn 'grant' leads back", "dependsOn"),
    (STORY, PAY, "    operationId: payBach", "no source has the operation 'payBach'", "operationId: payBach"),
    (STORY, PAY, "    operationPath: '{$sourceDescriptions.payments.url}#/paths/~1x/get'", "no operation at get /x", "operationPath"),
    (STORY, PAY, "    operationPath: /batches", "wanted: a source and a JSON pointer", "operationPath"),
    (STORY, PAY, "    channelPath: x", "'channelPath' is not run", "channelPath"),
    (STORY, PAY, PAY + "\n    timeout: 100", "'timeout' is of Arazzo 1.1, and this document is 1.0.1", "timeout"),
    (STORY, PAY, PAY + "\n    action: send", "'action' is not run here", "action: send"),
    (STORY, PAY, PAY + "\n    workflowId: grant", "either 'operationId' or 'workflowId'", "stepId: pay"),
    (STORY, PAY, PAY + "\n    descripton: x", "unknown key 'descripton'", "descripton"),
    (STORY, "payments.payBatch", "payment.payBatch", "no source is called 'payment'", "payment.payBatch"),
    (STORY, "payments.payBatch", "payments.payBatches", "payments has no operation 'payBatches'", "payments.payBatches"),
    (STORY, "payments.payBatch", "ledger.payBatch", "is an Arazzo document and has no operations", "ledger.payBatch"),
    (STORY, "ledger.look", "ledger.loook", "no workflow is called 'loook'", "ledger.loook"),
    (STORY, "ledger.look", "payments.look", "is a contract and has no workflows", "payments.look"),
    (STORY, CRITERION, "    - condition: true", "condition is true, wanted: text", "condition: true"),
    (STORY, CRITERION, CRITERION + "\n" + CRITERION + " ", "an entry stands twice", None),
    (STORY, "    successCriteria:\n" + CRITERION, "    successCriteria: []", "successCriteria: the list is empty", "successCriteria:"),
    (STORY, CRITERION, CRITERION + "\n    - {context: $response.body, condition: //x, type: xpath}", "xpath is not run", "xpath"),
    (STORY, CRITERION, CRITERION + "\n    - {condition: x, type: regex}", "needs 'context'", "type: regex"),
    (STORY, CRITERION, CRITERION + "\n    - {condition: x, type: regexp}", "the criterion type is 'regexp'", "regexp"),
    (STORY, CRITERION, CRITERION + "\n    - {condition: x, context: y, type: {type: jsonpath, version: z}}", "type object is not valid in Arazzo 1.0", "version: z"),
    (STORY, OUTPUT, "      batch: {context: $response.body, selector: $.x, type: jsonpath}", "is a selector, which is of Arazzo 1.1", "selector"),
    (STORY, OUTPUT, "      batch: fixed", "begins with '$'", "batch: fixed"),
    (STORY, OUTPUT, "      b/tch: $statusCode", "the output name 'b/tch'", "b/tch"),
    (STORY, "      stepId: pay\n", "      stepId: pay\n      workflowId: grant\n", "to a step or to a workflow, not to both", "      workflowId: grant"),
    (STORY, "      stepId: pay\n", "      workflowId: grand\n", "no workflow is called 'grand'", "name: pay-again"),
    (STORY, "      stepId: pay\n", "      x-stepId: pay\n", "a goto names where it goes", "name: pay-again"),
    (STORY, "      stepId: pay\n", "      stepId: payy\n", "goes to the step 'payy'", "name: pay-again"),
    (STORY, "type: retry, retryAfter: 0.5", "type: retri, retryAfter: 0.5", "wanted: end, goto or retry", "try-again"),
    (STORY, "type: retry, retryAfter: 0.5", "type: retry, retryAfter: -1", "from 0 on", "try-again"),
    (STORY, "retryLimit: 3", "retryLimit: 2.5", "a whole number", "try-again"),
    (STORY, "      type: goto", "      type: retry", "wanted: end or goto", "      type: retry"),
    (STORY, "    onSuccess:", "    requestBody: {contentType: text/plain, payload: x}\n    onSuccess:", "'requestBody' on a step that plays", "requestBody: {"),
    (STORY, "{name: batch, value:", "{name: batch, in: query, value:", "this step plays a workflow", "in: query"),
    (STORY, "{name: batch, value:", "{name: bach, value:", "look has no input 'bach'", "name: bach"),
    (STORY, "    parameters:\n    - {name: batch, value: $steps.pay.outputs.batch}\n", "", "look needs the input 'batch'", "stepId: look"),
    (STORY, "      - {target: /lines,", "      - {target: lines,", "wanted: a JSON pointer that begins with '/'", "target: lines"),
    (STORY, "value: $inputs.lines}", "value: 5}", "value is the number 5, wanted: text", "value: 5"),
    (STORY, "$components.parameters.ministry", "$components.parameters.ministri", "has no 'ministri'", "ministri"),
    (STORY, "$components.parameters.ministry", "$components.inputs.grant", "wanted: $components.parameters", "reference: $components.inputs"),
    (STORY, "#/components/inputs/grant", "#/components/inputs/grand", "has no 'grand'", "inputs/grand"),
    (STORY, "required: [lines]", "required: [line]", "the required input 'line' is not described", "required: [line]"),
    (STORY, "      in: header", "      in: body", "is in 'body'", "reference: $components.parameters"),
    (STORY, "url: ledger.arazzo.yaml", "url: leger.arazzo.yaml", "does not exist", "leger"),
    (STORY, "url: ledger.arazzo.yaml", "url: ../grant/ledger.arazzo.yaml", "leads out of", "../grant"),
    (STORY, "url: ledger.arazzo.yaml", "url: ../../../../etc/passwd", "leads out of", "passwd"),
    (STORY, "url: ledger.arazzo.yaml", "url: /etc/passwd", "not a relative path", "passwd"),
    (STORY, "url: ledger.arazzo.yaml", "url: file:ledger.arazzo.yaml", "not a relative path", "file:"),
    (STORY, "url: ledger.arazzo.yaml", "url: https://example.org/x.yaml", "not a relative path", "example.org"),
    (STORY, "url: ledger.arazzo.yaml", "url: scenario.arazzo.yaml", "leads back to itself", "name: ledger"),
    (STORY, "../../blocks/payments/", "../../blocks/payment/", "no block lies at", "blocks/payment/"),
    (STORY, "../../blocks/payments/openapi.yaml", "ledger.arazzo.yaml", "is not a block's contract", "name: payments"),
    (STORY, "type: arazzo", "type: asyncapi", "asyncapi sources are not run", "asyncapi"),
    (STORY, "{name: ledger, type: arazzo,", "{name: payments, type: arazzo,", "is named twice", "ledger.arazzo"),
    (STORY, "  - stepId: look", "  - stepId: pay", "the stepId 'pay' is taken", None),
    (STORY, "  steps:\n", "  steps: []\n  x-steps:\n", "steps: the list is empty", "steps: []"),
    (LEDGER, "{name: batchId, in: path", "{name: batch, in: path", "readBatch has no path parameter 'batch'", "name: batch,"),
    (LEDGER, "{name: batchId, in: path", "{name: batchId, in: query", "needs the path parameter 'batchId'", "stepId: read"),
    (LEDGER, "    successCriteria:", "    requestBody: {contentType: application/json, payload: {}}\n    successCriteria:", "readBatch takes no body", "requestBody"),
    ("scenarios/grant/policy.yaml", "amount: 75", "amount: 75\namount: 76", "the key 'amount' stands twice", "amount: 76"),
    ("scenarios/grant/findings.yaml", "limits:", "limit:", "unknown key 'limit'", "limit:"),
    ("scenarios/grant/findings.yaml", "output: batch", "output: bach", "the story has no output 'bach'", "output: bach"),
    ("scenarios/grant/findings.yaml", "{amount}", "{mount}", "the story has no 'mount'", "{mount}"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "message", "words"), REFUSALS)
def test_what_is_not_run_is_refused_by_name_file_and_line(content, path, old, new, message, words):
    content.replace(path, old, new)
    errors = content.check()
    told = [error for error in errors if message in str(error)]
    assert told, [str(error) for error in errors]
    assert told[0].path == path
    if words is not None:
        assert told[0].line == content.line_of(path, words)
    with pytest.raises(ContentError):
        content.open().scenario("grant")


def test_one_check_tells_several_broken_steps(content):
    content.replace(STORY, "payments.payBatch", "payment.payBatch")
    content.replace(STORY, "    onSuccess:", "    timeout: 3\n    onSuccess:")
    content.replace(LEDGER, "    - condition: $statusCode == 200\n", "    - condition: 1\n")
    messages = " ".join(str(error) for error in content.check())
    assert "'payment'" in messages
    assert "'timeout'" in messages
    assert "condition is the number 1" in messages


def test_workflows_that_wait_for_each_other_are_refused_and_those_that_hand_over_are_not(content):
    one = "- workflowId: %s\n  summary: One.\n  steps:\n  - stepId: s\n    description: One.\n"
    calling = one + "    workflowId: %s\n"
    handing = one + (
        "    operationId: $sourceDescriptions.payments.payBatch\n"
        "    onSuccess: [{name: on, type: goto, workflowId: %s}]\n"
    )
    before = (content.root / LEDGER).read_text()
    content.write(LEDGER, before + handing % ("a", "b") + handing % ("b", "a"))
    assert content.check() == []
    content.write(LEDGER, before + calling % ("a", "b") + handing % ("b", "a"))
    (error,) = content.check()
    assert "the workflow 'b' calls itself" in str(error)
    assert error.line == content.line_of(LEDGER, "workflowId: b") - 2


def test_an_operation_may_be_named_alone_or_by_its_path(content):
    content.replace(STORY, "$sourceDescriptions.payments.payBatch", "payBatch")
    content.replace(
        LEDGER,
        "operationId: $sourceDescriptions.payments.readBatch",
        "operationPath: '{$sourceDescriptions.payments.url}#/paths/~1batches~1{batchId}/get'",
    )
    scenario = content.open().scenario("grant")
    targets = [
        step.target
        for document in scenario.documents.values()
        for workflow in document.workflows.values()
        for step in workflow.steps
    ]
    assert OperationRef(source="payments", operation_id="payBatch", written="bare") in targets
    assert OperationRef(source="payments", operation_id="readBatch", written="path") in targets


def test_an_operation_that_two_sources_have_is_named_with_its_source(content):
    content.replace(
        STORY,
        "- {name: ledger,",
        "- {name: again, type: openapi, url: ../../blocks/payments/openapi.yaml}\n- {name: ledger,",
    )
    content.replace(STORY, "$sourceDescriptions.payments.payBatch", "payBatch")
    (error,) = content.check()
    assert "the operation 'payBatch' is in payments and in again" in str(error)


def test_a_symbolic_link_out_of_the_folder_is_not_followed(content, tmp_path):
    outside = tmp_path / "outside.arazzo.yaml"
    (content.root / LEDGER).rename(outside)
    (content.root / LEDGER).symlink_to(outside)
    assert "leads out of the scenario's folder" in str(content.check()[0])


def test_documents_that_call_each_other_are_refused(content):
    content.replace(
        LEDGER,
        "sourceDescriptions:\n",
        "sourceDescriptions:\n- {name: story, type: arazzo, url: scenario.arazzo.yaml}\n",
    )
    errors = content.check()
    assert "leads back to itself" in str(errors[0])
    assert errors[0].path == LEDGER


def lattice(levels: int, width: int) -> str:
    """Workflows of which each plays the next one `width` times."""
    written = ""
    for level in range(levels):
        written += f"- workflowId: w{level}\n  summary: Level {level}.\n  steps:\n"
        for step in range(width):
            written += f"  - stepId: s{step}\n    description: One.\n    workflowId: w{level + 1}\n"
    return written + (
        f"- workflowId: w{levels}\n  summary: The end.\n  steps:\n  - stepId: pay\n    description: Paid.\n"
        "    operationId: $sourceDescriptions.payments.payBatch\n"
        "    successCriteria: [{condition: $statusCode == 200}]\n"
    )


def test_a_lattice_of_workflows_is_checked_without_walking_every_way(content):
    content.write(LEDGER, (content.root / LEDGER).read_text() + lattice(levels=20, width=10))
    assert content.check() == []


def test_workflows_nested_beyond_reason_are_refused(content):
    content.write(LEDGER, (content.root / LEDGER).read_text() + lattice(levels=600, width=1))
    assert "levels deep" in str(content.check()[0])


def test_a_chain_of_documents_beyond_reason_is_refused(content):
    for number in range(400):
        content.write(
            f"scenarios/grant/d{number}.arazzo.yaml",
            "arazzo: 1.0.1\ninfo: {title: T, version: '1'}\nsourceDescriptions:\n"
            f"- {{name: next, type: arazzo, url: d{number + 1}.arazzo.yaml}}\nworkflows: [x]\n",
        )
    content.replace(STORY, "url: ledger.arazzo.yaml", "url: d0.arazzo.yaml")
    assert [str(error) for error in content.check() if "more than 50 documents" in str(error)]


@pytest.mark.parametrize("name", ["x" * 5000, "a\\b.yaml", "loop.arazzo.yaml"])
def test_a_source_that_can_not_be_followed_is_refused(content, name):
    (content.root / "scenarios/grant/loop.arazzo.yaml").symlink_to("loop.arazzo.yaml")
    content.replace(STORY, "url: ledger.arazzo.yaml", f"url: {name}")
    assert [error.path for error in content.check()] == [STORY]


def test_a_story_of_nothing_is_refused_without_a_traceback(content):
    for text in ("a: 1\n", "arazzo: 1.0.1\n", "arazzo: 1.0.1\ninfo: []\n", "arazzo: [1]\n"):
        content.write(STORY, text)
        assert [error.path for error in content.check()] == [STORY]


@pytest.mark.parametrize(
    "where",
    ["passed: 'Paid {nothing}.'", "passed: Paid.\nfigures:\n- {output: %s, label: L, unit: '{nothing}'}"],
)
def test_a_placeholder_that_the_story_does_not_fill_is_named(content, where):
    output = next(iter(next(iter(content.open().scenario("grant").story.workflows.values())).outputs))
    content.write("scenarios/grant/findings.yaml", (where % output if "%s" in where else where) + "\n")
    with pytest.raises(ContentError, match="the story has no 'nothing' to put here"):
        content.open().scenario("grant")
