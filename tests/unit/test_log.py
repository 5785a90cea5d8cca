"""Log lines say what they are about, as text and as JSON, and never a secret of a library's."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from sandbox.log import Form, about, log_to_stderr


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_a_line_of_text_ends_with_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    with about(job="j1"):
        logging.getLogger("sandbox.tasks").info("began")
    logging.getLogger("sandbox.tasks").info("alone")
    inside, outside = capsys.readouterr().err.splitlines()
    assert inside.endswith("INFO sandbox.tasks began job=j1")
    assert outside.endswith("INFO sandbox.tasks alone")


def test_a_line_of_json_is_one_object_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(form=Form.JSON)
    with about(request="r1"), about(status=500):
        try:
            raise ValueError("one\ntwo")
        except ValueError:
            logging.getLogger("sandbox.controlplane").exception('broke "here"\n')
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == (
        "ERROR",
        "sandbox.controlplane",
        'broke "here"\n',
    )
    assert (told["request"], told["status"]) == ("r1", 500)
    assert "ValueError: one" in told["exc_info"]
    assert told["at"].startswith("20")


def test_what_libraries_say_of_urls_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    logging.getLogger("httpx2").info("GET http://localhost/?code=secret")
    assert capsys.readouterr().err == ""
