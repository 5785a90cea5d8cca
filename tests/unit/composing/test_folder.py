"""The exported folder: what it holds, who may read it, and that no secret is in the Compose file."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sandbox.composing.folder import adopt_folder, write_folder
from sandbox.errors import ContentError, SandboxError, StateConflict
from sandbox.lifecycle.service import Wish
from sandbox.model.candidate import Candidate, CandidateDescriptor
from sandbox.model.population import Manifest
from sandbox.runtimes.docker.composing import DockerComposer

IMAGE = "civic-sandbox/blocks:0123456789abcdef"


@pytest.fixture
def folder(tmp_path: Path, composer: DockerComposer, wish: Wish, manifest: Manifest) -> Path:
    return write_folder(composer, wish, manifest, tmp_path / "out", image=IMAGE, port=4711).folder


@pytest.fixture
def services(folder: Path) -> dict[str, dict[str, Any]]:
    read: dict[str, Any] = YAML(typ="safe").load((folder / "docker-compose.yml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = read["services"]
    return found


def variables(folder: Path, service: str) -> dict[str, str]:
    lines = (folder / "secrets" / f"{service}.env").read_text(encoding="utf-8").splitlines()
    return {name: text.strip("'") for name, _, text in (line.partition("=") for line in lines)}


def test_every_container_is_confined_as_the_runtime_confines_it(services: dict[str, dict[str, Any]]) -> None:
    assert sorted(services) == [
        *("administrator", "controls", "information-mediator", "opening", "payments", "postgres", "seeding"),
    ]
    for service in services.values():
        assert service["image"] == IMAGE
        assert service["user"] == "10001:10001"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges"]
        assert service["tmpfs"][0].startswith("/tmp:rw,noexec,nosuid,nodev,")
        assert service["mem_limit"] == service["memswap_limit"] > 0
        assert service["pids_limit"] > 0
        assert service["cpus"] > 0
        assert service["restart"] == "no"
        assert "privileged" not in service


def test_the_mediator_alone_is_published_and_on_the_loopback(services: dict[str, dict[str, Any]]) -> None:
    assert {name: one["ports"] for name, one in services.items() if "ports" in one} == {
        "information-mediator": ["127.0.0.1:4711:8080"]
    }
    assert {name for name, one in services.items() if "edge" in one.get("networks", ())} == {
        "information-mediator"
    }


def test_what_must_be_done_first_is_waited_for(services: dict[str, dict[str, Any]]) -> None:
    def waits(name: str) -> dict[str, str]:
        return {other: how["condition"] for other, how in services[name]["depends_on"].items()}

    assert waits("administrator") == {"postgres": "service_started"}
    assert waits("seeding") == {"administrator": "service_completed_successfully"}
    assert waits("payments") == {"seeding": "service_completed_successfully"}
    assert waits("opening") == dict.fromkeys(
        ("controls", "information-mediator", "payments"), "service_healthy"
    )
    assert "http://payments:8080/readyz" in services["payments"]["healthcheck"]["test"][-1]


def test_no_secret_is_in_the_compose_file_and_all_are_readable_by_their_owner_alone(folder: Path) -> None:
    written = (folder / "docker-compose.yml").read_text(encoding="utf-8")
    assert re.findall(r"[0-9a-f]{64}", written) == []
    files = list((folder / "secrets").iterdir())
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {(folder / name).stat().st_mode & 0o777 for name in (".", "secrets")} == {0o700}
    assert re.fullmatch(r"[0-9a-f]{64}", (folder / "secrets" / "token").read_text(encoding="utf-8"))
    assert sorted(variables(folder, "payments")) == ["DATABASE_URL", "SANDBOX_SECRET"]


def test_two_exports_share_no_secret(
    tmp_path: Path, folder: Path, composer: DockerComposer, wish: Wish, manifest: Manifest
) -> None:
    other = write_folder(composer, wish, manifest, tmp_path / "other", image=IMAGE, port=4711).folder
    assert variables(folder, "payments").keys() == variables(other, "payments").keys()
    assert not set(variables(folder, "payments").values()) & set(variables(other, "payments").values())


def test_citizens_are_readable_by_blocks_and_the_truth_about_dirt_stays_outside(folder: Path) -> None:
    citizens = folder / "population"
    assert sorted(path.relative_to(citizens).as_posix() for path in citizens.rglob("*")) == [
        *("persons.parquet", "registers", "registers/payments", "registers/payments/accounts.parquet"),
        "wiring.json",
    ]
    assert {path.stat().st_mode & 0o777 for path in citizens.rglob("*") if path.is_file()} == {0o444}


def test_the_readme_says_where_the_door_and_the_secrets_are(folder: Path) -> None:
    said = (folder / "README.md").read_text(encoding="utf-8")
    for told in ("http://127.0.0.1:4711", IMAGE, "SBX/GOV/MINISTRY/pilot", "0600", "Nobody is real."):
        assert told in said
    assert "$" not in said


def test_an_exported_folder_is_found_again(folder: Path, composer: DockerComposer, wish: Wish) -> None:
    running = adopt_folder(composer, folder)
    assert running.spec == wish.spec
    assert running.site.public_url == "http://127.0.0.1:4711"
    assert running.secrets.token == (folder / "secrets" / "token").read_text(encoding="utf-8")


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, composer: DockerComposer) -> None:
    with pytest.raises(ContentError, match="no folder that `sandbox export compose` wrote"):
        adopt_folder(composer, tmp_path)


def test_nothing_is_written_over(
    folder: Path, composer: DockerComposer, wish: Wish, manifest: Manifest
) -> None:
    with pytest.raises(StateConflict, match="exists already"):
        write_folder(composer, wish, manifest, folder, image=IMAGE, port=4711)


def test_a_product_in_a_blocks_place_is_refused(
    tmp_path: Path, composer: DockerComposer, wish: Wish, manifest: Manifest
) -> None:
    product = CandidateDescriptor(name="Acme", slug="payments", summary="A product.", build=".")
    candidate = Candidate(block="payments", ref="./acme", descriptor=product, image="sha256:" + "1" * 64)
    swapped = replace(wish, candidates={"payments": candidate})
    with pytest.raises(SandboxError, match="can't be exported"):
        write_folder(composer, swapped, manifest, tmp_path / "out", image=IMAGE, port=4711)
    assert not (tmp_path / "out").exists()
