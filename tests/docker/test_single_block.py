"""One block's image as a black box: a database, the block's loader, its server, and calls from outside.

testcontainers starts it as any tester would; of the orchestrator only image and citizens are taken.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pyarrow.parquet as pq
import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

from sandbox.model.population import PopulationRef
from sandbox.population import ensure, load_pack
from sandbox.runtimes.docker.images import ImageRef
from sandbox.settings import CONTENT_ROOT

pytestmark = pytest.mark.docker

PORT = 8080
DATA = "/srv/data"
MEDIATOR_SECRET = secrets.token_hex(16)
PASSWORD = secrets.token_hex(16)
OWNER_URL = f"postgresql://owner:{PASSWORD}@postgres:5432/block"
SERVING_URL = f"postgresql://serving:{PASSWORD}@postgres:5432/block"

SERVE_POSTGRES = (
    f"umask 077; echo {PASSWORD} > /srv/postgres/password; exec python -m blockkit.postgres serve"
    " --listen '*' --port 5432 --data /srv/postgres/data --password-file /srv/postgres/password"
)
MAKE_DATABASE = f"""
import psycopg
url = "postgresql://postgres:{PASSWORD}@127.0.0.1/postgres"
with psycopg.connect(url, autocommit=True) as server:
    server.execute("CREATE ROLE owner LOGIN PASSWORD '{PASSWORD}'")
    server.execute("CREATE ROLE serving LOGIN PASSWORD '{PASSWORD}'")
    server.execute("CREATE DATABASE block OWNER owner")
"""


@dataclass(frozen=True)
class Laboratory:
    """A network of its own, citizens, and containers of one image; all of it ends with the stack."""

    stack: ExitStack
    network: Network
    image: str
    data: Path

    def start(self, container: DockerContainer) -> DockerContainer:
        return self.stack.enter_context(container)

    def container(self, *command: str, alias: str) -> DockerContainer:
        made = DockerContainer(self.image, network=self.network, network_aliases=[alias])
        return made.with_command(list(command)).with_volume_mapping(str(self.data), DATA, "ro")

    def start_postgres(self) -> None:
        ready = LogMessageWaitStrategy("ready to accept connections").with_poll_interval(0.1)
        server = self.start(self.container("sh", "-c", SERVE_POSTGRES, alias="postgres").waiting_for(ready))
        made = server.exec(["python", "-c", MAKE_DATABASE])
        assert made.exit_code == 0, made.output.decode()

    def load(self, module: str) -> None:
        command = ("python", "-m", module, "seed", "--database", OWNER_URL, "--role", "serving")
        loader = self.start(self.container(*command, "--data", DATA, alias="loader"))
        assert loader.wait() == 0, loader.get_logs()

    def serve(self, module: str) -> str:
        """Start the block and give its address once it is ready."""
        ready = HttpWaitStrategy(PORT, "/readyz").for_status_code(200).with_poll_interval(0.1)
        block = self.container("python", "-m", module, "serve", alias="block").with_envs(
            PORT=str(PORT),
            DATABASE_URL=SERVING_URL,
            MEDIATOR_URL="http://information-mediator:8080",
            ISSUER_URL="http://127.0.0.1/public/identity",
            SANDBOX_ID="laboratory",
            SANDBOX_SECRET=MEDIATOR_SECRET,
        )
        started = self.start(block.with_exposed_ports(PORT).waiting_for(ready))
        return f"http://{started.get_container_host_ip()}:{started.get_exposed_port(PORT)}"


@pytest.fixture(scope="module")
def citizens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small population that a container's user may read."""
    cache = tmp_path_factory.mktemp("populations")
    made, _ = ensure(load_pack(CONTENT_ROOT, "zz"), PopulationRef(size=200), cache)
    folder = cache / "readable"
    shutil.copytree(made, folder)
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
    return folder


@pytest.fixture
def laboratory(reference: ImageRef, citizens: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Laboratory]:
    """Everything that the test starts is removed, however the test ends."""
    # Its reaper is an image from a registry; the stack removes what was made.
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    with ExitStack() as stack:
        yield Laboratory(stack, stack.enter_context(Network()), reference.tag, citizens)


@pytest.fixture
def as_mediator() -> Iterator[httpx2.Client]:
    """A caller that knows the mediator's secret."""
    with httpx2.Client(headers={"X-Sandbox-Secret": MEDIATOR_SECRET}, trust_env=False) as client:
        yield client


def served(laboratory: Laboratory, module: str) -> str:
    laboratory.start_postgres()
    laboratory.load(module)
    return laboratory.serve(module)


def test_payee_institutions_know_the_accounts_of_the_citizens_and_tell_the_mediator_alone(
    laboratory: Laboratory, citizens: Path, as_mediator: httpx2.Client
):
    address = served(laboratory, "blocks.payee_institutions")
    account = pq.read_table(citizens / "accounts.parquet").slice(0, 1).to_pylist()[0]
    url = f"{address}/institutions/{account['institution']}/accounts/{account['account_number']}"

    told = as_mediator.get(url)
    assert told.status_code == 200
    assert told.json() == {
        "institution": account["institution"],
        "accountNumber": account["account_number"],
        "status": "open",
        "kind": account["kind"],
        "currency": account["currency"],
    }
    assert httpx2.get(url, trust_env=False).status_code == 401
    guessed = httpx2.get(url, headers={"X-Sandbox-Secret": "guessed"}, trust_env=False)
    assert guessed.status_code == 401
    assert account["institution"] not in guessed.text


def test_messaging_keeps_what_was_sent_in_the_inbox_of_the_citizen_that_it_was_sent_to(
    laboratory: Laboratory, citizens: Path, as_mediator: httpx2.Client
):
    address = served(laboratory, "blocks.messaging")
    persons = pq.read_table(citizens / "persons.parquet", columns=["individual_id"]).to_pylist()
    one, other = (f"{address}/inbox/{person['individual_id']}" for person in persons[:2])

    note = {"channel": "app", "subject": "Your application", "text": "It was received."}
    assert httpx2.post(f"{one}/messages", json=note, trust_env=False).status_code == 401
    assert as_mediator.post(f"{one}/messages", json=note).status_code == 201
    listed = as_mediator.get(one).json()
    assert [message["subject"] for message in listed["messages"]] == ["Your application"]
    assert as_mediator.get(other).json()["count"] == 0
