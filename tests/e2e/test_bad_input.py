"""A user's mistakes and a machine's refusals: one clear message, the right exit code, nothing left.

Commands run inside this process where they can, as another user where modes must count.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.cli.main import main
from sandbox.lifecycle.locks import is_held
from tests.e2e.conftest import Ended, User
from tests.fakes.recipes import sections
from tests.fakes.waiting import eventually

ROOT = Path(__file__).parents[2]
BLOCK = "payee-institutions"
UP = ("up", "--block", BLOCK, "--size", "20")
STORY = "scenarios/greeting/scenario.arazzo.yaml"
Type = Callable[..., Ended]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content root that is right: the shipped blocks and packs, and the recipe's block and scenario."""
    root = tmp_path / "content"
    described = ("block.yaml", "openapi.yaml", "*.schema.json", "services/*.yaml")
    for pattern in (*(f"blocks/*/{name}" for name in described), "sandbox/controls/openapi.yaml"):
        for file in ROOT.glob(pattern):
            copy = root / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
    shutil.copytree(ROOT / "datasets", root / "datasets")
    recipes = sections(ROOT / "CONTRIBUTING.md")
    recipes["A new block"].write_to(root)
    recipes["A new scenario"].write_to(root)
    return root


@pytest.fixture
def types(
    tmp_path: Path, content: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Type]:
    """Type a command in this process; whatever it refuses, it leaves nothing."""
    home = tmp_path / "home"
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("SANDBOX_HOME", str(home))
    monkeypatch.setenv("SANDBOX_CONTENT", str(content))

    def type_(*arguments: str) -> Ended:
        code = main(list(arguments))
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    yield type_
    signal.signal(signal.SIGTERM, before)
    assert User(home, "local").remains() == []


def spoil(content: Path, file: str, old: str, new: str) -> int:
    """Replace words of a file and say on which line they stood."""
    path = content / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


UNKNOWN = [
    (("run", "no-such"), 3, "no scenario is called 'no-such'", "there are: greeting"),
    (("up", "no-such"), 3, "no scenario is called 'no-such'", "there are: greeting"),
    (("show", "no-such"), 3, "no scenario is called 'no-such'", "there are: greeting"),
    (("check", "no-such"), 3, "no block or scenario is called 'no-such'", "there are:"),
    (("up", "--block", "no-such"), 3, "no block is called 'no-such'", "payee-institutions"),
    (
        (*UP, "--pack", "qq"),
        2,
        "no country pack is called 'qq'",
        "choose one of: ae, de, ee, in, ke, rw, ua, zz",
    ),
    ((*UP, "--pack", "../zz"), 2, "population pack '../zz' can't be used", "sandbox data packs"),
    ((*UP, "--runtime", "podman"), 2, "no runtime is called 'podman'", "choose one of: docker, local"),
    (("ls", "--runtime", "../docker"), 2, "no runtime is called '../docker'", "choose one of: docker, local"),
    ((*UP, "--size", "0"), 2, "population size 0 can't be used", "greater than or equal to 1"),
    ((*UP, "--size", "-1"), 2, "population size -1 can't be used", "greater than or equal to 1"),
    ((*UP, "--size", str(10**12)), 2, "size 1000000000000 can't be used", "less than or equal to 100000000"),
    ((*UP, "--size", "many"), 2, "'--size'", "valid integer"),
    ((*UP, "--seed", "-1"), 2, "population seed -1 can't be used", "greater than or equal to 0"),
    (("data", "generate", "--size", "0", "--out", "x"), 2, "population size 0 can't be used", "1 to"),
    ((*UP, "--name", ""), 2, "sandbox name '' can't be used", "use 1 to 22 characters"),
    ((*UP, "--name", "../../etc"), 2, "sandbox name '../../etc' can't be used", "small letters"),
    ((*UP, "--name", "Odd Name"), 2, "sandbox name 'Odd Name' can't be used", "small letters"),
    ((*UP, "--name", "naïve"), 2, "sandbox name 'naïve' can't be used", "small letters"),
    ((*UP, "--name", "a[red]b"), 2, "sandbox name 'a[red]b' can't be used", "small letters"),
    ((*UP, "--name", "x" * 23), 2, "can't be used", "use 1 to 22 characters"),
    ((*UP, "--name", "line\nbreak"), 2, "can't be used", "small letters"),
    ((*UP, "--ttl", "0s"), 2, "--ttl '0s' is no length of time", "write 30s, 45m, 8h or 2d"),
    ((*UP, "--ttl", "soon"), 2, "--ttl 'soon' is no length of time", "write 30s, 45m, 8h or 2d"),
    ((*UP, "--ttl", "-5m"), 2, "--ttl '-5m' is no length of time", "write 30s, 45m, 8h or 2d"),
    (("run", "greeting", "--input", "nothing"), 2, "--input 'nothing' is not name=value", "name=value"),
    (("run", "greeting", "--input", "no=1"), 2, "no", "input"),
    (("up",), 2, "say what to start", "a scenario"),
    (("up", "greeting", "--block", BLOCK), 2, "say what to start", "a scenario"),
    (("down",), 2, "say which sandbox", "sandbox down NAME"),
    (("down", "x", "--all"), 2, "say which sandbox", "sandbox down NAME"),
    (("down", "no-such"), 3, "there is no sandbox 'no-such'", "`sandbox up` starts one"),
    (("down", "../.."), 3, "there is no sandbox '../..'", "`sandbox up` starts one"),
    (("reset", "no-such"), 3, "there is no sandbox 'no-such'", "`sandbox up` starts one"),
    (("logs", "no-such"), 3, "there is no sandbox 'no-such'", "`sandbox up` starts one"),
    (("images", "build", "--base", "x", "--bootstrap"), 2, "exclude each other", "--base"),
    (("frob",), 2, "o such command 'frob'", "--help"),
    (("ls", "--frob"), 2, "o such option", "--frob"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "found", "wanted"), UNKNOWN, ids=[" ".join(each[0]) for each in UNKNOWN]
)
def test_a_mistake_is_told_in_words_and_in_json(
    types: Type, arguments: tuple[str, ...], code: int, found: str, wanted: str
) -> None:
    ended = types(*arguments)
    assert ended.code == code, ended
    assert ended.out == ""
    assert found in ended.err
    assert wanted in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) <= 6, ended.err
    told = types(*arguments, "--json")
    assert told.code == code, told
    error = told.value["error"]
    assert set(error) == {"reason", "message", "hint"}
    assert found in error["message"]
    assert wanted in error["message"] + error["hint"]


SPOILT = [
    (STORY, "summary: The ministry", "summary: [The ministry", ""),
    (STORY, "arazzo: 1.0.1", "arazzo: 1.0.1\narazzo: 1.0.1", "arazzo"),
    (STORY, "$sourceDescriptions.greeter.greet", "$sourceDescriptions.greeter.salute", "salute"),
    (STORY, "$steps.second-greeting.outputs.times", "$steps.third-greeting.outputs.times", "third-greeting"),
    (STORY, "$steps.second-greeting.outputs.times", "$steps.second-greeting.outputs.count", "count"),
    (STORY, "$response.body#/times == 1", "$response.body#/times = 1", "="),
    (STORY, "../../blocks/greeter", "../../blocks/meeter", "meeter"),
    (STORY, "stepId: first-greeting", "stepID: first-greeting", "stepID"),
    ("scenarios/greeting/wiring.yaml", "operations: [greet]", "operations: [grete]", "grete"),
    ("scenarios/greeting/findings.yaml", "{times}", "{thymes}", "thymes"),
    ("blocks/greeter/block.yaml", "module: blocks.greeter", "modul: blocks.greeter", "modul"),
    ("blocks/greeter/block.yaml", "requires: [information-mediator]", "requires: [nobody]", "nobody"),
    ("blocks/greeter/openapi.yaml", "operationId: greet", "operationID: greet", "operation"),
]


def test_the_content_that_is_spoilt_below_is_right_before(types: Type) -> None:
    ended = types("check")
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(("file", "old", "new", "named"), SPOILT, ids=[f"{s[0]} {s[2][:50]}" for s in SPOILT])
def test_spoilt_content_is_named_with_file_and_line(
    types: Type, content: Path, file: str, old: str, new: str, named: str
) -> None:
    line = spoil(content, file, old, new)
    ended = types("check")
    assert ended.code == 2
    told = [each for each in ended.err.splitlines() if each.startswith(f"{file}:")]
    assert told, ended.err
    numbers = [int(found[1]) for each in told if (found := re.match(rf"{re.escape(file)}:(\d+):", each))]
    assert any(abs(number - line) <= 1 for number in numbers), f"line {line}: {told}"
    assert named in "".join(told)
    played = types("run", "greeting")
    assert played.code == 2
    assert file in played.err
    assert "Traceback" not in played.err
    assert file in types("run", "greeting", "--json").value["error"]["message"]


def test_a_pack_that_is_spoilt_is_named(types: Type, content: Path) -> None:
    line = spoil(
        content, "datasets/countries/zz/profile.yaml", "reference_date: 2026-01-01", "reference_date: soon"
    )
    for command in (("check",), UP):
        ended = types(*command)
        assert ended.code == 2
        assert f"datasets/countries/zz/profile.yaml:{line}" in ended.err


def test_a_file_where_the_home_should_be_is_said(
    types: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "occupied"
    file.touch()
    monkeypatch.setenv("SANDBOX_HOME", str(file))
    for command in (UP, ("ls", "--runtime", "local"), ("down", "--all", "--runtime", "local")):
        ended = types(*command)
        assert ended.code == 4
        assert str(file) in ended.err
        assert "SANDBOX_HOME" in ended.err
    assert types("doctor").code == 4
    assert file.read_bytes() == b""


def test_no_docker_is_said_where_docker_is_asked_for_and_nowhere_else(
    types: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"unix://{tmp_path}/dead.sock"
    monkeypatch.setenv("DOCKER_HOST", address)
    for command in ((*UP, "--runtime", "docker"), ("images", "build"), ("ls", "--runtime", "docker")):
        ended = types(*command)
        assert ended.code == 4
        assert f"no Docker Engine answers at {address}" in ended.err
        assert "--runtime local" in ended.err
    assert types("ls", "--json").value == []
    assert [each["fine"] for each in types("doctor", "--json").value if each["name"] == "docker"] == [False]


@pytest.mark.docker
def test_an_image_that_is_missing_and_has_no_base_names_the_command(types: Type, engine: object) -> None:
    del engine
    ended = types("images", "build", "--base", "registry.invalid/no-such-base:1")
    assert ended.code == 4
    assert "registry.invalid/no-such-base:1" in ended.err
    assert "sandbox images build --bootstrap" in ended.err


@pytest.mark.docker
def test_an_archive_that_is_none_is_said(types: Type, engine: object, tmp_path: Path) -> None:
    del engine
    missing = types("images", "load", str(tmp_path / "none.tar"))
    assert missing.code in (2, 3, 4)
    assert "none.tar" in missing.err
    (tmp_path / "odd.tar").write_text("not an archive")
    odd = types("images", "load", str(tmp_path / "odd.tar"))
    assert odd.code in (2, 4)
    assert "odd.tar" in odd.err


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, or mounts: needs root")
needs_setpriv = pytest.mark.skipif(
    shutil.which("setpriv") is None, reason="becomes another user: needs setpriv"
)

AS_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")


def types_as_nobody(*arguments: str, **environment: str) -> Ended:
    """Type a command as a user for whom modes count."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    done = subprocess.run(
        [*AS_NOBODY, sys.executable, "-B", "-m", "sandbox", *arguments],
        env={**kept, "COLUMNS": "200", **environment},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@needs_root
@needs_setpriv
def test_a_home_that_may_not_be_read_is_said(local_user: User) -> None:
    mine = local_user.home / "mine"
    mine.mkdir(mode=0o700)
    for command in (UP, ("ls", "--runtime", "local"), ("down", "--all", "--runtime", "local")):
        ended = types_as_nobody(*command, SANDBOX_HOME=str(mine))
        assert ended.code == 4, ended
        assert str(mine) in ended.err
        assert "SANDBOX_HOME" in ended.err
    assert types_as_nobody("doctor", SANDBOX_HOME=str(mine)).code == 4
    assert list(mine.iterdir()) == []


@needs_root
@needs_setpriv
def test_docker_without_permission_is_said(local_user: User) -> None:
    import socket

    path = local_user.home / "docker.sock"
    with socket.socket(socket.AF_UNIX) as owned_by_root:
        owned_by_root.bind(str(path))
        owned_by_root.listen()
        path.chmod(0o660)
        ended = types_as_nobody(
            *UP, "--runtime", "docker", SANDBOX_HOME="/nonexistent", DOCKER_HOST=f"unix://{path}"
        )
    assert ended.code == 4
    assert f"no permission to use the Docker Engine at unix://{path}" in ended.err
    assert "group" in ended.err


@pytest.fixture
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """Mount a small file system with the given options; skips where that isn't permitted."""
    made: list[Path] = []

    def mount(options: str) -> Path:
        folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/sandbox-e2e-XXXXXX"], text=True).strip())
        made.append(folder)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"mounting is not permitted: {done.stderr.strip()}")
        return folder

    yield mount
    for folder in made:
        subprocess.run(["umount", str(folder)], capture_output=True, check=False)
        folder.rmdir()


@needs_root
def test_a_read_only_home_is_said(mounted: Callable[[str], Path]) -> None:
    user = User(mounted("ro,size=1m"), "local")
    ended = user.types(*UP)
    assert ended.code == 4
    assert f"{user.home}" in ended.err
    assert "ead-only" in ended.err
    assert "SANDBOX_HOME" in ended.err
    assert user.types("ls", "--json").value == []
    assert user.types("down", "--all").code == 0


@needs_root
@pytest.mark.parametrize("megabytes", [1, 20, 45])
def test_a_full_disk_is_said_and_nothing_is_left(mounted: Callable[[str], Path], megabytes: int) -> None:
    user = User(mounted(f"size={megabytes}m,mode=711"), "local")
    ended = user.types("up", "--block", BLOCK, "--size", "20000")
    assert ended.code == 4, ended
    assert re.search("No space left|disk|could not (extend|write)", ended.err), ended.err
    assert "Traceback" not in ended.err
    assert user.remains() == []
    assert user.types("ls", "--json").value == []


def test_a_name_that_is_taken_is_refused_and_what_bears_it_is_untouched(local_user: User) -> None:
    assert local_user.types(*UP, "--name", "taken").code == 0
    before = local_user.types("ls", "--json").value
    ended = local_user.types(*UP, "--name", "taken")
    assert ended.code == 3
    assert "there is a sandbox 'taken' already" in ended.err
    assert "sandbox down taken" in ended.err
    assert local_user.types("ls", "--json").value == before


def test_two_commands_on_one_sandbox_at_once_do_not_meet(local_user: User) -> None:
    first = local_user.starts(sys.executable, "-m", "sandbox", *UP, "--name", "one")
    eventually(lambda: is_held(local_user.home, "one"))
    first.send_signal(signal.SIGSTOP)  # or the first might be done before the second has begun
    second = local_user.types("down", "one")
    also = local_user.types(*UP, "--name", "one", "--json")
    first.send_signal(signal.SIGCONT)
    _, said = first.communicate(timeout=120)
    assert first.returncode == 0, said
    assert second.code == 3
    assert re.search("another command is working on sandbox 'one'|there is no sandbox 'one'", second.err)
    assert also.code == 3
    assert re.search("another command is working|there is a sandbox", json.dumps(also.value))
    assert [each["state"] for each in local_user.types("ls", "--json").value] == ["running"]
