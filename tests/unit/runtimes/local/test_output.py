from __future__ import annotations

import asyncio
import json
import logging
from contextvars import ContextVar
from pathlib import Path
from threading import Thread

import anyio.to_thread
import pytest

from sandbox.runtimes.local.logfile import BoundedLog, read_tail
from sandbox.runtimes.local.output import JsonLines, Output, RoutedStream

current_exchange: ContextVar[str] = ContextVar("current_exchange")


def output(folder: Path, name: str) -> Output:
    return Output(BoundedLog(folder / name))


def test_lines_go_to_whom_the_context_works_for(tmp_path: Path) -> None:
    stream = RoutedStream(output(tmp_path, "host"))

    def work(name: str) -> None:
        async def answer() -> None:
            print(f"{name} from a task", file=stream)
            await anyio.to_thread.run_sync(lambda: print(f"{name} from a worker", file=stream))

        with output(tmp_path, name).attached():
            asyncio.run(answer())

    threads = [Thread(target=work, args=(name,)) for name in ("payments", "consent")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("the host itself", file=stream)
    for name in ("payments", "consent"):
        assert read_tail(tmp_path / name, 9) == [f"{name} from a task", f"{name} from a worker"]
    assert read_tail(tmp_path / "host", 9) == ["the host itself"]


def test_a_line_is_written_when_it_is_whole_or_its_writer_ends(tmp_path: Path) -> None:
    task = output(tmp_path, "task")
    with task.attached():
        task.write("one\ntw")
        assert read_tail(tmp_path / "task", 9) == ["one"]
    assert read_tail(tmp_path / "task", 9) == ["one", "tw"]
    assert task.tail() == "one\ntw"


def record(message: str, **more: object) -> logging.LogRecord:
    return logging.LogRecord("echo", logging.INFO, __file__, 1, message, None, more.get("exc_info"))  # type: ignore[arg-type]


def test_a_record_carries_the_exchange_that_the_block_names() -> None:
    assert "exchange" not in json.loads(JsonLines().format(record("before")))
    token = current_exchange.set("x-17")
    try:
        line = json.loads(JsonLines().format(record("during")))
    finally:
        current_exchange.reset(token)
    assert (line["message"], line["level"], line["logger"], line["exchange"]) == (
        "during",
        "info",
        "echo",
        "x-17",
    )


def test_a_traceback_stays_on_its_records_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0
    text = JsonLines().format(record("failed", exc_info=(caught.type, caught.value, caught.tb)))
    assert "\n" not in text
    assert "ZeroDivisionError" in json.loads(text)["traceback"]
