"""Everything that is shipped as content is right, and written for those who will read it."""

from __future__ import annotations

import re

import pytest

from sandbox.catalog.catalog import open_catalog
from sandbox.catalog.check import check_catalog
from sandbox.runner.compile import check_scenario
from sandbox.settings import CONTENT_ROOT

CATALOG = open_catalog(CONTENT_ROOT)
SCENARIOS = CATALOG.scenario_slugs()
MOST_LINES = 200
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ENDPOINT = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE)\b|https?://|/[a-z]+/")


def test_nothing_shipped_is_wrong():
    assert [str(error) for error in check_catalog(CONTENT_ROOT)] == []


@pytest.mark.parametrize("slug", SCENARIOS)
def test_every_expression_of_a_scenario_points_somewhere(slug):
    scenario = CATALOG.scenario(slug)
    assert [str(error) for error in check_scenario(scenario, CATALOG.interfaces(scenario))] == []


@pytest.mark.parametrize("slug", SCENARIOS)
def test_a_scenario_has_what_readers_and_workshops_need(slug):
    folder = CONTENT_ROOT / "scenarios" / slug
    for name in ("README.md", "exercise.md", "findings.yaml"):
        assert (folder / name).is_file(), name


@pytest.mark.parametrize("slug", SCENARIOS)
def test_documents_are_short_enough_to_be_read(slug):
    for document in CATALOG.scenario(slug).documents:
        assert len(document.read_text(encoding="utf-8").splitlines()) <= MOST_LINES, document.name


@pytest.mark.parametrize("slug", SCENARIOS)
def test_steps_are_sentences_for_an_official(slug):
    for document in CATALOG.scenario(slug).documents.values():
        for workflow in document.workflows.values():
            for step in workflow.steps:
                assert KEBAB.fullmatch(step.step_id), step.place
                assert not ENDPOINT.search(step.sentence), step.place
                assert step.sentence.endswith("."), step.place


@pytest.mark.parametrize("slug", SCENARIOS)
def test_secrets_handed_down_are_called_by_a_name_that_other_runners_mask(slug):
    for document in CATALOG.scenario(slug).documents.values():
        text = document.path.read_text(encoding="utf-8")
        assert "accessToken" not in text, document.path.name


@pytest.mark.parametrize("slug", CATALOG.block_slugs())
def test_a_block_is_described(slug):
    folder = CATALOG.block(slug).folder
    assert (folder / "README.md").is_file()
    for doc in CATALOG.block(slug).docs.values():
        assert not ENDPOINT.search(doc.summary), f"{slug}: {doc.operation_id}"
