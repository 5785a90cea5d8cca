"""A block's folder becomes a Block, or an error with file and line."""

from __future__ import annotations

import pytest

from sandbox.catalog.blocks import load_block
from sandbox.errors import ContentError, NotFound

DESCRIPTOR = "blocks/payments/block.yaml"
CONTRACT = "blocks/payments/openapi.yaml"


def test_a_block_has_its_operations_both_for_the_mediator_and_for_callers(content):
    block = load_block(content.root / "blocks/payments")
    assert block.slug == "payments"
    pay = block.docs["payBatch"]
    assert (pay.method, pay.path, pay.summary, pay.source) == ("POST", "/batches", "Pay a batch", "own")
    assert pay.body_required
    assert list(pay.bodies) == ["application/json"]
    assert pay.statuses == ("200", "403")
    read = block.docs["readBatch"]
    assert [(p.name, p.location, p.required) for p in read.parameters] == [
        ("batchId", "path", True),
        ("individualId", "query", False),
    ]
    assert block.interface.resolve("#/components/schemas/Line/allOf/0/type") == "object"


def test_marks_are_found_through_references_lists_and_schemas_that_hold_themselves(content):
    operations = content.open().block("payments").operations
    assert operations["payBatch"].personal == ("request/lines/*/name",)
    assert operations["payBatch"].secret == ("request/pin",)
    assert operations["payBatch"].subject is None
    assert operations["readBatch"].personal == ("response/lines/*/name",)
    assert operations["readBatch"].secret == ("response/pin",)
    assert operations["readBatch"].subject == "query/individualId"


def test_a_marked_parameter_is_a_pointer_too(content):
    content.replace(CONTRACT, "{name: batchId, in: path,", "{name: batchId, in: path, x-secret: true,")
    assert content.open().block("payments").operations["readBatch"].secret == (
        "path/batchId",
        "response/pin",
    )


def test_a_subject_may_be_stated_through_lists_and_references(content):
    content.replace(CONTRACT, "x-subject: query/individualId", "x-subject: response/lines/*/name")
    assert content.open().block("payments").operations["readBatch"].subject == "response/lines/*/name"


def test_a_subject_may_be_marked_on_a_property(content):
    content.replace(CONTRACT, "x-personal: true", "x-personal: true, x-subject: true")
    operation = content.open().block("payments").operations["payBatch"]
    assert operation.subject == "request/lines/*/name"


def test_a_property_name_with_a_slash_is_escaped(content):
    content.replace(CONTRACT, "        pin: {", "        pin/code: {")
    assert content.open().block("payments").operations["payBatch"].secret == ("request/pin~1code",)


def test_an_unknown_block_is_answered_with_the_nearest_name(content):
    with pytest.raises(NotFound) as caught:
        content.open().block("payment")
    assert caught.value.hint == "did you mean 'payments'?"


PAY = "      operationId: payBatch\n"

REFUSALS = [
    (DESCRIPTOR, "summary:", "sumary:", "unknown key 'sumary'", "sumary"),
    (DESCRIPTOR, "name: Payments\n", "", "the key 'name' is missing", "slug: payments"),
    (DESCRIPTOR, "slug: payments", "slug: payment", "wanted: 'payments'", "slug:"),
    (DESCRIPTOR, "slug: payments", "slug: Pay Ments", "'slug' is the text 'Pay Ments'", "slug:"),
    (DESCRIPTOR, "module: blocks.payments", "x: 1", "unknown key 'x'", "x: 1"),
    (DESCRIPTOR, "module: blocks.payments", "module: a\nimage: b", "not both", "name:"),
    (DESCRIPTOR, "module: blocks.payments", "module: a\nport: 99999", "'port' is the number 99999", "port:"),
    (DESCRIPTOR, "level: required", "level: needed", "implements.0.level", "level: needed"),
    (DESCRIPTOR, "[payBatch]", "[payBach]", "which openapi.yaml doesn't have", "payBach"),
    (DESCRIPTOR, "  purpose:", "  porpose:", "unknown key 'rights.0.porpose'", "porpose"),
    (DESCRIPTOR, "requires: [payee-institutions]", "requires: [bank]", "the block 'bank'", "requires"),
    (DESCRIPTOR, "service: payee-institutions", "service: bank", "names the service 'bank'", "service: bank"),
    (DESCRIPTOR, "  purpose:", "  operations: [crdit]\n  purpose:", "has no operation 'crdit'", "crdit"),
    (CONTRACT, "openapi: 3.1.0", "openapi: 2.0.0", "wanted: 3.0.x or 3.1.x", "openapi:"),
    (CONTRACT, "openapi: 3.1.0", "openapi: 3.1.0\nservers: []", "'servers' is not wanted", "servers"),
    (CONTRACT, PAY, "", "the key 'operationId' is missing", "    post:"),
    (CONTRACT, PAY, "      operationId: pay batch\n", "is 'pay batch'", "pay batch"),
    (CONTRACT, PAY, "      operationId: readBatch\n", "'readBatch' is taken already", None),
    (CONTRACT, "      x-source: own\n", "", "the key 'x-source' is missing", "    post:"),
    (CONTRACT, "      summary: Pay a batch\n", "", "the key 'summary' is missing", "    post:"),
    (CONTRACT, "'403':", "default:", "'default' hides", "default:"),
    (CONTRACT, "'403':", "'4033':", "the status '4033'", "'4033'"),
    (CONTRACT, "Batch'}\n      resp", "Bach'}\n      resp", "points to nothing", "Bach"),
    (CONTRACT, "'#/components/schemas/Batch'", "'other.yaml#/x'", "leaves the file", "other.yaml"),
    (CONTRACT, "/batches/{batchId}:", "/batches/{id}:", "'id' of /batches/{id} is not declared", "    get:"),
    (CONTRACT, "in: query", "in: body", "'in' is 'body'", "in: body"),
    (CONTRACT, "query/individualId", "query/person", "declared: individualId", "x-subject"),
    (CONTRACT, "query/individualId", "$request.body#/x", "wanted: request/...", "x-subject"),
    (CONTRACT, "query/individualId", "response/lines/*/nme", "which no body has", "x-subject"),
    (CONTRACT, "query/individualId", "request/lines", "which no body has", "x-subject"),
    (CONTRACT, "  /batches:", "  batches:", "does not begin with '/'", "  batches:"),
    (CONTRACT, "    post:\n", "    post: []\n    x-post:\n", "wanted: a mapping", "post: []"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "message", "words"), REFUSALS)
def test_a_broken_block_is_refused_with_file_and_line(content, path, old, new, message, words):
    content.replace(path, old, new)
    errors = [error for error in content.check() if message in str(error)]
    assert errors, [str(error) for error in content.check()]
    assert errors[0].path == path
    if words is not None:
        assert errors[0].line == content.line_of(path, words)


def test_an_unknown_key_is_answered_with_the_nearest_one(content):
    content.replace(DESCRIPTOR, "  purpose:", "  porpose:")
    unknown = next(error for error in content.check() if "porpose" in str(error))
    assert unknown.hint == "did you mean 'purpose'?"


def test_a_missing_contract_is_named(content):
    (content.root / CONTRACT).unlink()
    with pytest.raises(ContentError, match=r"^blocks/payments/openapi\.yaml: the file does not exist"):
        content.open().block("payments")
