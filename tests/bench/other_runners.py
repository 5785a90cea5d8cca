"""Programs of others that play workflows or make load: pinned, in an environment of their own, for benches.

Nothing of ours imports them: arazzo-runner evaluates conditions as Python, so it plays what is written here
and nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.errors import UsageError

PINS = Path(__file__).parent / "runners.txt"
_ARAZZO_RUNNER = """
import json, logging, sys, time
from arazzo_runner import ArazzoRunner
logging.disable(logging.CRITICAL)
began = time.perf_counter()
runner = ArazzoRunner.from_arazzo_path(sys.argv[1])
number = runner.start_workflow("story", {})
passed = 0
while True:
    step = runner.execute_next_step(number)
    kind = getattr(step["status"], "name", str(step["status"])).lower()
    if kind.startswith("workflow"):
        break
    passed += "complete" in kind
print(json.dumps({"seconds": time.perf_counter() - began, "passed": passed}))
"""
_LOCUST = """
from locust import FastHttpUser, constant, task

class Citizen(FastHttpUser):
    wait_time = constant(0)

    @task
    def journey(self):
        for number in range({calls}):
            sent = {{"n": number, "text": "some words"}}
            with self.client.post("{path}", json=sent, catch_response=True) as got:
                if got.status_code != 200 or got.json()["n"] != number:
                    got.failure("another answer")
"""


def install_peers(folder: Path) -> Path:
    """Make the environment; gives its Python. Raises UsageError when no registry answers."""
    python = folder / "bin" / "python"
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", str(PINS)]
        made = subprocess.run(install, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise UsageError(f"the peers can't be installed: {' '.join(made.stderr.split())[-200:]}")
    return python


def play_with_arazzo_runner(python: Path, document: Path, steps: int) -> float:
    """Play the workflow `story`; gives seconds from the file on. Raises UsageError when a step failed."""
    told = _run([str(python), "-c", _ARAZZO_RUNNER, str(document)])
    said: dict[str, Any] = json.loads(told.splitlines()[-1])
    if said["passed"] != steps:
        raise UsageError(f"arazzo-runner passed {said['passed']} of {steps} steps")
    return float(said["seconds"])


def journeys_with_locust(
    python: Path, host: str, path: str, *, calls: int, users: int, seconds: int
) -> float:
    """Have users call for some seconds; gives journeys a second. Raises UsageError when a call failed."""
    script = python.parent.parent / "locustfile.py"
    script.write_text(_LOCUST.format(calls=calls, path=path), encoding="utf-8")
    options = [
        "--headless",
        "--json",
        "--only-summary",
        "-u",
        str(users),
        "-r",
        str(users),
        "-t",
        f"{seconds}s",
    ]
    told = _run([str(python), "-m", "locust", "-f", str(script), "--host", host, *options])
    lines = json.loads(told[told.index("[") :])
    if not lines:
        raise UsageError("locust made no call")
    (line,) = lines
    if line["num_failures"]:
        raise UsageError(f"locust met {line['num_failures']} failures")
    took = line["last_request_timestamp"] - line["start_time"]
    return float(line["num_requests"] / calls / took)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise UsageError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr[-300:]}")
    return done.stdout
