"""Products in a block's place: an honest one in another language is taken in, faulty ones are named.

The faulty ones are our own payments, wrong in one way each. That the Engine isolates is proven
elsewhere; here its report is written as if it had been.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import httpx2
import pytest

from sandbox.cli.main import main
from sandbox.prover import load_prover
from sandbox.runtimes.docker.images import ImageRef
from sandbox.settings import Settings
from tests.fakes.elsewhere import Authority, running_elsewhere
from tests.fakes.entrance import pass_attack

pytestmark = pytest.mark.docker

FAKES = Path(__file__).parent.parent / "fakes" / "candidates"
EVERYTHING = os.environ.get("SANDBOX_CAMPAIGN") == "full"
WHY = "plays a whole scenario; SANDBOX_CAMPAIGN=full does"
NODE = shutil.which("node")
MADE_HERE = f"org.civic-sandbox.test={secrets.token_hex(8)}"
"""Other sessions on the same Engine have candidates of their own."""

Types = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def home(
    engine: docker.DockerClient, content: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """An installation where an attack passed; its sandboxes and images are gone afterwards."""
    folder = tmp_path_factory.mktemp("home")
    prover = load_prover("docker", Settings(home=folder, content=content))
    assert prover is not None
    pass_attack(folder, prover.engine())
    yield folder
    for image in engine.images.list(filters={"label": MADE_HERE}):
        engine.images.remove(image.id, force=True)


@pytest.fixture
def types(
    home: Path, reference: ImageRef, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Types]:
    """Type a command about this installation; give its exit code, and what it printed as JSON."""
    monkeypatch.setenv("SANDBOX_HOME", str(home))

    def type_(*arguments: str) -> tuple[int, Any]:
        code = main([*arguments, "--json"])
        said = capsys.readouterr().out
        return code, json.loads(said) if said else None

    yield type_
    main(["down", "--all", "--runtime", "docker", "--json"])


def folder_of(place: Path, slug: str, recipe: str, descriptor: dict[str, Any]) -> Path:
    """Write what a candidate's folder is made of."""
    (place / "Dockerfile").write_text(f"{recipe}LABEL {MADE_HERE}\n")
    said = {"name": f"{slug} of a vendor", "slug": slug, "summary": "A product.", "build": "."}
    said |= {"start_timeout": 600, **descriptor}
    (place / "block.yaml").write_text(json.dumps(said))
    return place


@pytest.fixture
def payments(tmp_path: Path, reference: ImageRef) -> Callable[[str], str]:
    """Our payments with a database of its own, and one fault."""

    def make(fault: str) -> str:
        place = tmp_path / "payments"
        place.mkdir()
        shutil.copy(FAKES / "payments" / "program.py", place)
        recipe = (
            f'FROM {reference.tag}\nCOPY program.py /candidate/\nCMD ["python", "/candidate/program.py"]\n'
        )
        environment = {"FAULT": fault, "CURRENCY": "XTS", "OPENED": "2026-01-01"}
        services = {"database": {"provided": "postgresql"}}
        folder = folder_of(place, "payments", recipe, {"environment": environment, "services": services})
        return f"payments={folder}"

    return make


@pytest.fixture
def node(tmp_path: Path) -> str:
    """A messaging product of this host's Node and one file: there is nothing else in its image."""
    if NODE is None:
        pytest.skip("this host has no Node")
    place = tmp_path / "messaging"
    needed = subprocess.run(["ldd", NODE], capture_output=True, text=True, check=True).stdout
    for library in [*re.findall(r"(/\S+\.so\S*) \(", needed), NODE]:
        copied = place / "root" / library.lstrip("/")
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, copied)
    shutil.copy(FAKES / "messaging" / "server.js", place / "root")
    recipe = f'FROM scratch\nCOPY root /\nCMD ["{NODE}", "/server.js"]\n'
    return f"messaging={folder_of(place, 'messaging', recipe, {'port': 3000})}"


def program(place: Path, reference: ImageRef, text: str, **descriptor: Any) -> str:
    """A payee institution that does nothing but run `text`."""
    recipe = f"FROM {reference.tag}\nCMD {json.dumps(['python', '-c', text])}\n"
    return f"payee-institutions={folder_of(place, 'payee-institutions', recipe, descriptor)}"


def play(types: Types, *swaps: str) -> tuple[int, dict[str, Any]]:
    chosen = [word for swap in swaps for word in ("--swap", swap)]
    code, said = types("run", "cash-transfer", "--runtime", "docker", "--size", "100", *chosen)
    assert "error" not in said, said
    return code, said


@pytest.mark.campaign
@pytest.mark.skipif(not EVERYTHING, reason=WHY)
def test_a_product_in_another_language_takes_a_blocks_place(types: Types, node: str) -> None:
    code, up = types(
        "up",
        "--block",
        "messaging",
        "--runtime",
        "docker",
        "--size",
        "100",
        "--name",
        "other",
        "--swap",
        node,
    )
    assert code == 0, up
    inbox = f"{up['url']}/r1/SBX/GOV/CENTRAL/messaging/inbox/someone"
    shown = {
        "Information-Mediator-Client": "SBX/GOV/SANDBOX/explorer",
        "Information-Mediator-Secret": up["token"],
    }
    with httpx2.Client(headers=shown, trust_env=False) as client:
        assert client.post(f"{inbox}/messages", json={"channel": "app", "text": "Hello."}).status_code == 201
        assert client.post(f"{inbox}/messages", json={"channel": "pigeon"}).status_code == 400
        (message,) = client.get(inbox).json()["messages"]
        assert message["text"] == "Hello."
        assert message["sentAt"].startswith("2026-01-01"), "it follows the sandbox's clock"
    _, listed = types("ls")
    assert [each["state"] for each in listed] == ["running"]
    _, logs = types("logs", "other", "messaging")
    assert logs["messaging"] == ["listening on 3000"]
    code, refused = types("reset", "other")
    assert code == 3
    assert "nobody but itself can put back" in refused["error"]["message"]


def test_one_that_ends_at_once_is_named_with_its_last_words(
    types: Types, tmp_path: Path, reference: ImageRef
) -> None:
    swap = program(tmp_path, reference, "import sys; print('no licence'); sys.exit(3)")
    code, said = types(
        "up", "--block", "payee-institutions", "--runtime", "docker", "--size", "100", "--swap", swap
    )
    assert code == 4
    assert "payee-institutions exited with code 3 before it was ready" in said["error"]["message"]
    assert said["error"]["log_tail"] == ["no licence"]
    assert types("ls")[1] == []


@pytest.mark.campaign
@pytest.mark.skipif(not EVERYTHING, reason=WHY)
def test_one_that_never_listens_is_given_its_time_and_no_more(
    types: Types, tmp_path: Path, reference: ImageRef
) -> None:
    text = "import threading; print('warming up', flush=True); threading.Event().wait()"
    swap = program(tmp_path, reference, text, start_timeout=3)
    code, said = types(
        "up", "--block", "payee-institutions", "--runtime", "docker", "--size", "100", "--swap", swap
    )
    assert code == 4
    assert "payee-institutions was not ready after 3 s" in said["error"]["message"]
    assert said["error"]["log_tail"] == ["warming up"]


def test_one_that_drops_a_credit_and_reports_it_as_paid_is_found_out_by_the_witness(
    types: Types, payments: Callable[[str], str], request: pytest.FixtureRequest
) -> None:
    # The product in another language stands beside it: every one-time code goes through its inbox.
    beside = [request.getfixturevalue("node")] if NODE else []
    code, said = play(types, payments("drops"), *beside)
    assert (code, said["outcome"]) == (1, "failed")
    assert "The person's institution shows one credit of exactly the amount" in said["verdict"]["sentence"]
    assert "count: found 0, wanted 1" in said["verdict"]["sentence"]
    page = Path(said["evidence"]).read_text(encoding="utf-8")
    for word in (
        "Under evaluation",
        "payments of a vendor",
        "was built here from its folder",
        "brought database",
    ):
        assert word in page


@pytest.mark.campaign
@pytest.mark.skipif(not EVERYTHING, reason=WHY)
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("field", "Every payment has its result"),
        ("slow", "The ministry is told that the payroll was carried out"),
        ("tells", "The product keeps the sandbox's secrets to itself"),
    ],
)
def test_a_faulty_one_is_rejected_at_a_step(
    types: Types, payments: Callable[[str], str], fault: str, sentence: str
) -> None:
    code, said = play(types, payments(fault))
    assert (code, said["outcome"]) == (1, "failed")
    assert sentence in said["verdict"]["sentence"]


@pytest.mark.campaign
@pytest.mark.skipif(not EVERYTHING, reason=WHY)
def test_honest_ones_pass_side_by_side(types: Types, payments: Callable[[str], str], node: str) -> None:
    code, said = play(types, payments("honest"), node)
    assert (code, said["outcome"]) == (0, "passed"), said["verdict"]


@pytest.mark.campaign
@pytest.mark.skipif(not EVERYTHING, reason=WHY)
def test_a_product_is_told_its_citizens_and_the_telling_goes_on_where_it_broke_off(
    types: Types, tmp_path: Path, reference: ImageRef, home: Path
) -> None:
    for file in ("program.py", "seed.yaml"):
        shutil.copy(FAKES / "registries" / file, tmp_path)
    recipe = f'FROM {reference.tag}\nCOPY program.py /candidate/\nCMD ["python", "/candidate/program.py"]\n'
    product = {
        "environment": {"BREAKS_AFTER": "60"},
        "services": {"database": {"provided": "postgresql"}},
        "seed": {"calls": "seed.yaml", "per_second": 500},
    }
    folder = folder_of(tmp_path, "digital-registries", recipe, product)
    code, said = types(
        *("up", "--block", "digital-registries", "--runtime", "docker", "--size", "100", "--name", "told"),
        *("--swap", f"digital-registries={folder}"),
    )
    assert code == 3
    assert "create of row 61 of persons was not accepted: 500 out of paper" in said["error"]["message"]
    assert [each["state"] for each in types("ls")[1]] == ["running"], "it is left up, to go on"
    code, said = types("seed", "told")
    assert code == 0, said
    assert said["calls"]["digital-registries"] >= 40
    assert types("seed", "told")[1]["calls"] == {"digital-registries": 0}
    types("down", "told")
    assert list((home / "seeding").iterdir()) == []


@pytest.mark.campaign
@pytest.mark.skipif(not EVERYTHING, reason=WHY)
def test_reference_and_product_are_compared_side_by_side(
    types: Types, payments: Callable[[str], str]
) -> None:
    code, said = types("compare", "cash-transfer", "--size", "100", "--swap", payments("drops"))
    assert (code, said["outcome"]) == (1, "failed"), said
    assert said["before"]["verdict"]["outcome"] == "passed"
    assert sorted(said["after"]["memory_mib"]) == ["payments", "payments_database"]
    assert {each["operation"] for each in said["before"]["operations"]} >= {"pay the approved payroll"}
    page = Path(said["page"]).read_text(encoding="utf-8")
    assert "did not pass where the reference did" in page


SAYS_YES = """
import base64, http.server, os
for name, value in os.environ.items():
    print(base64.b64encode(f"{name}={value}".encode()).decode(), flush=True)
class Yes(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{}')
    do_POST = do_PUT = do_GET
    def log_message(self, *arguments):
        pass
assert "SANDBOX_SECRET" not in os.environ
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Yes).serve_forever()
"""


def test_a_product_is_measured_behind_the_mediator_and_is_gone_afterwards(
    types: Types, tmp_path: Path, reference: ImageRef
) -> None:
    folder = program(tmp_path, reference, SAYS_YES).partition("=")[2]
    code, said = types(
        "conformance", "payee-institutions", "--candidate", folder, "--cases", "20", "--level", "all"
    )
    assert (code, said["outcome"]) == (1, "failed"), said
    assert said["cases"] == 20
    assert said["evaluated"].startswith("payee-institutions of a vendor: sha256:")
    assert any("was built here" in sentence for sentence in said["relaxations"])
    found = {each["part"]: each for each in said["findings"]}
    assert "contract" in found, "it says yes to everything"
    assert found["secrets"]["sentence"] == "The product keeps the sandbox's secrets to itself"
    assert "of a vendor (payee-institutions) holds a secret" in said["sentence"]
    assert types("ls")[1] == []


@pytest.mark.campaign
@pytest.mark.skipif(not EVERYTHING, reason=WHY)
@pytest.mark.parametrize(
    ("fault", "steps"),
    [
        ("honest", set()),
        ("field", {"batches/follow-the-batch", "published/follow-the-batch"}),
        ("tells", {"log/keep-secrets"}),
    ],
)
def test_a_measurement_tells_an_honest_product_from_a_faulty_one(
    types: Types, payments: Callable[[str], str], fault: str, steps: set[str]
) -> None:
    folder = payments(fault).partition("=")[2]
    _, said = types("conformance", "payments", "--candidate", folder, "--cases", "0")
    assert {each["check"] for each in said["findings"]} == steps


@pytest.mark.campaign
@pytest.mark.skipif(not EVERYTHING, reason=WHY)
def test_a_product_elsewhere_is_reached_through_a_relay_and_nothing_is_left_of_that(
    types: Types, tmp_path: Path, engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    ours = authority.vouch("mediator")
    with running_elsewhere(authority.vouch("product"), authority.file) as product:
        monkeypatch.setenv("SANDBOX_ALLOWED_HOSTS", f"127.0.0.1:{product.port}")
        product.answers["/inbox/someone"] = {"count": 0, "messages": []}
        swap = f"messaging={product.url},ca={authority.file},cert={ours.cert},key={ours.key}"
        asked = ("--block", "messaging", "--runtime", "docker", "--size", "100", "--name", "far")
        code, up = types("up", *asked, "--swap", swap)
        assert code == 0, up
        shown = {
            "Information-Mediator-Client": "SBX/GOV/SANDBOX/explorer",
            "Information-Mediator-Secret": up["token"],
        }
        with httpx2.Client(headers=shown, trust_env=False) as client:
            found = client.get(f"{up['url']}/r1/SBX/GOV/CENTRAL/messaging/inbox/someone")
        assert found.json() == {"count": 0, "messages": []}
        assert types("logs", "far", "messaging_way")[1] == {
            "messaging_way": [f"leading to 127.0.0.1:{product.port}"]
        }
        (relay,) = engine.containers.list(filters={"name": "far.messaging_way"})
        confined = relay.attrs["HostConfig"]
        assert (confined["CapDrop"], confined["ReadonlyRootfs"], confined["PortBindings"] or None) == (
            ["ALL"],
            True,
            None,
        )
        assert types("down", "far")[0] == 0
    assert [
        each.name for each in engine.volumes.list() if ".ways" in each.name and "-far." in each.name
    ] == []
