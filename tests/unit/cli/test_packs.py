"""`sandbox data packs` and `sandbox new country`, as they are typed."""

from __future__ import annotations

import json
import shutil
import signal

import pytest

from sandbox.cli.main import main
from sandbox.settings import CONTENT_ROOT


@pytest.fixture(autouse=True)
def content(tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    for folder in ("blocks", "scenarios"):
        (tmp_path / folder).mkdir()
    for code in ("zz", "ae"):
        shutil.copytree(CONTENT_ROOT / "datasets/countries" / code, tmp_path / "datasets/countries" / code)
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SANDBOX_CONTENT", str(tmp_path))
    yield tmp_path
    signal.signal(signal.SIGTERM, before)


def test_packs_are_listed_with_naming_rule_capacity_and_weakest_proof(capsys):
    assert main(["data", "packs"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1].split() == [
        *("ae", "United", "Arab", "Emirates", "ar", "Arab"),
        *("father-grandfather", "112", "10,000,000", "plausible"),
    ]


def test_packs_speak_json(capsys):
    assert main(["data", "packs", "--json"]) == 0
    emirates, zuvania = json.loads(capsys.readouterr().out)
    assert emirates["levels"] == ["emirate", "area", "neighbourhood"]
    assert (zuvania["pack"], zuvania["script"], zuvania["naming_rule"]) == ("zz", "Latn", "inherited")
    assert (zuvania["capacity"], zuvania["weakest"]) == (100_000_000, "plausible")


def test_a_new_country_says_what_to_type_next(content, capsys):
    assert main(["new", "country", "xx", "--name", "My country"]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(content / "datasets/countries/xx")
    assert "sandbox data generate --pack xx --size 1000 --out people" in told.err


def test_a_new_country_speaks_json(content, capsys, tmp_path):
    assert main(["new", "country", "xx", "--out", str(tmp_path / "o"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["folder"] == str(tmp_path / "o" / "xx")
    assert said["next"][0].startswith("mv ")


@pytest.mark.parametrize(
    ("arguments", "code"), [(["zz"], 3), (["Z"], 2), (["xx", "--like", "qq"], 2), ([], 2)]
)
def test_what_cannot_be_begun_ends_with_a_sentence(arguments, code, capsys):
    assert main(["new", "country", *arguments]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_pack_is_checked_by_its_letters(capsys):
    assert main(["check", "zz"]) == 0
    assert "1 packs" in capsys.readouterr().out


def test_a_wrong_pack_hides_no_mistake_of_another(content, capsys):
    for code in ("ae", "zz"):
        (content / "datasets/countries" / code / "ages.csv").unlink()
    assert main(["check", "ae", "zz"]) == 2
    told = capsys.readouterr().err
    assert "datasets/countries/ae/ages.csv: the file is missing" in told
    assert "datasets/countries/zz/ages.csv: the file is missing" in told
