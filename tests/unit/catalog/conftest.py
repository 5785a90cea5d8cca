"""A tiny content root that is right; tests spoil one line of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.catalog.catalog import Catalog, open_catalog
from sandbox.catalog.check import check_catalog
from sandbox.errors import ContentError

FILES = {
    "blocks/payments/block.yaml": """\
name: Payments
slug: payments
summary: Pays people and keeps the ledger.
module: blocks.payments
requires: [payee-institutions]
implements:
- {group: bulk payment, operations: [payBatch], level: required}
rights:
- service: payee-institutions
  purpose: Settle what was paid.
  legal_basis: Payment services act (fictitious), section 3.
  retention: Ten years.
  recipient: The payee's bank.
""",
    "blocks/payments/openapi.yaml": """\
openapi: 3.1.0
info: {title: Payments, version: 1.0.0}
paths:
  /batches:
    post:
      operationId: payBatch
      summary: Pay a batch
      x-source: own
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Batch'}
      responses:
        '200': {description: Accepted, content: {application/json: {schema: {type: object}}}}
        '403': {description: Refused}
  /batches/{batchId}:
    get:
      operationId: readBatch
      summary: Read a batch
      x-source: own
      x-subject: query/individualId
      parameters:
      - {name: batchId, in: path, required: true, schema: {type: string}}
      - {name: individualId, in: query, schema: {type: string}}
      responses:
        '200':
          description: The batch
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Batch'}
components:
  schemas:
    Batch:
      type: object
      properties:
        lines: {type: array, items: {$ref: '#/components/schemas/Line'}}
        pin: {type: string, x-secret: true}
    Line:
      allOf:
      - type: object
        properties:
          name: {type: string, x-personal: true}
          next: {$ref: '#/components/schemas/Line'}
          amount: {type: number}
""",
    "blocks/payee_institutions/block.yaml": """\
name: Payee institutions
slug: payee-institutions
summary: Banks that bear witness.
module: blocks.payee_institutions
""",
    "blocks/payee_institutions/openapi.yaml": """\
openapi: 3.1.0
info: {title: Payee institutions, version: 1.0.0}
paths:
  /credits:
    post:
      operationId: credit
      summary: Credit an account
      x-source: own
      responses: {'201': {description: Credited}}
    get:
      operationId: listCredits
      summary: List credits
      x-source: own
      responses: {'200': {description: Credits}}
""",
    "blocks/information_mediator/block.yaml": """\
name: Information mediator
slug: information-mediator
summary: Carries every call.
module: blocks.information_mediator
""",
    "blocks/information_mediator/openapi.yaml": """\
openapi: 3.1.0
info: {title: Information mediator, version: 1.0.0}
paths: {}
""",
    "sandbox/controls/openapi.yaml": """\
openapi: 3.1.0
info: {title: Controls, version: 1.0.0}
paths:
  /clock:
    post:
      operationId: advanceClock
      summary: Move the clock on
      x-source: own
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {'200': {description: Moved}}
""",
    "scenarios/grant/scenario.arazzo.yaml": """\
arazzo: 1.0.1
info: {title: A grant, summary: Somebody is paid., version: 1.0.0}
sourceDescriptions:
- {name: sandbox, type: openapi, url: ../../sandbox/controls/openapi.yaml}
- {name: payments, type: openapi, url: ../../blocks/payments/openapi.yaml}
- {name: ledger, type: arazzo, url: ledger.arazzo.yaml}
workflows:
- workflowId: grant
  summary: The ministry pays a grant.
  inputs:
    $ref: '#/components/inputs/grant'
  parameters:
  - reference: $components.parameters.ministry
  successActions:
  - reference: $components.successActions.stop
  steps:
  - stepId: pay
    description: The grant is paid.
    operationId: $sourceDescriptions.payments.payBatch
    requestBody:
      contentType: application/json
      payload:
        lines: []
      replacements:
      - {target: /lines, value: $inputs.lines}
    successCriteria:
    - condition: $statusCode == 200
    outputs:
      batch: $response.body#/batchId
    onFailure:
    - {name: try-again, type: retry, retryAfter: 0.5, retryLimit: 3}
  - stepId: look
    description: The ledger is looked at.
    workflowId: $sourceDescriptions.ledger.look
    parameters:
    - {name: batch, value: $steps.pay.outputs.batch}
    onSuccess:
    - name: pay-again
      type: goto
      stepId: pay
      criteria:
      - condition: $steps.pay.outputs.batch == 'again'
  outputs:
    batch: $steps.pay.outputs.batch
components:
  inputs:
    grant:
      type: object
      required: [lines]
      properties:
        lines: {type: array, default: []}
        amount: {type: number, default: 50}
  parameters:
    ministry:
      name: Information-Mediator-Client
      in: header
      value: SBX/GOV/SOCIAL-MINISTRY/grant
  successActions:
    stop: {name: all-is-done, type: end, criteria: [{condition: $statusCode == 299}]}
""",
    "scenarios/grant/ledger.arazzo.yaml": """\
arazzo: 1.1.0
info: {title: The ledger, version: 1.0.0}
sourceDescriptions:
- {name: payments, type: openapi, url: ../../blocks/payments/openapi.yaml}
workflows:
- workflowId: look
  summary: The batch is looked up.
  inputs:
    type: object
    required: [batch]
    properties:
      batch: {type: string}
  steps:
  - stepId: read
    description: The batch is read.
    operationId: $sourceDescriptions.payments.readBatch
    parameters:
    - {name: batchId, in: path, value: $inputs.batch}
    successCriteria:
    - condition: $statusCode == 200
    - {context: $response.body, condition: '$..lines[?@.amount > 0]', type: jsonpath}
""",
    "scenarios/grant/policy.yaml": "amount: 75\n",
    "scenarios/grant/findings.yaml": """\
passed: Batch {batch} was paid, {amount} each.
figures:
- {output: batch, label: The batch}
limits:
- Nothing real was paid.
""",
    "scenarios/grant/wiring.yaml": """\
clients:
- {application: SBX/GOV/SOCIAL-MINISTRY/grant, name: Social ministry}
rights:
- client: SBX/GOV/SOCIAL-MINISTRY/grant
  service: payments
  operations: [payBatch, readBatch]
  purpose: Pay the grant.
  legal_basis: Social grants act (fictitious), section 1.
  retention: Ten years.
  recipient: Social ministry.
  consent: grant-agreement
""",
}

STORY = "scenarios/grant/scenario.arazzo.yaml"


@dataclass(frozen=True)
class Content:
    """The content root on disk."""

    root: Path

    def replace(self, path: str, old: str, new: str) -> None:
        """Change one place of one file, which must be there."""
        text = (self.root / path).read_text()
        assert text.count(old) >= 1, f"{old!r} is not in {path}"
        (self.root / path).write_text(text.replace(old, new, 1))

    def write(self, path: str, text: str) -> None:
        """Write a whole file."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def open(self, cache: Path | None = None) -> Catalog:
        """Open it as a catalogue."""
        return open_catalog(self.root, cache=cache)

    def check(self) -> list[ContentError]:
        """List what is wrong."""
        return check_catalog(self.root)

    def line_of(self, path: str, words: str) -> int:
        """Find the line on which the words stand."""
        lines = (self.root / path).read_text().splitlines()
        return next(number for number, line in enumerate(lines, start=1) if words in line)


@pytest.fixture
def content(tmp_path: Path) -> Content:
    made = Content(tmp_path / "content")
    for path, text in FILES.items():
        made.write(path, text)
    return made
