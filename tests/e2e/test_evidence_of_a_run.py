"""What one real run leaves on disk: no secret, a signature that holds, figures that can be traced.

The run is made once, its sandbox is kept until what it knew has been read out of its databases,
and everything below looks at the files alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus
from xml.etree import ElementTree as ET

import psutil
import psycopg
import pytest

from sandbox.bootstrap import make_tools
from sandbox.evidence.chain import check_log
from sandbox.evidence.keys import open_key
from sandbox.evidence.register import verify_register
from sandbox.evidence.seal import verify_bundle
from sandbox.lifecycle.service import Running, adopt
from sandbox.model.run import Exchange
from sandbox.settings import CONTENT_ROOT, Settings
from tests.e2e.conftest import Ended, User, a_user

MOST_BYTES = 1_500_000
ATTESTATION = "consent-attestation+jws"
"""A signature of the consent block over a record: shown to whoever doubts the record, and opens nothing."""


@dataclass(frozen=True)
class Known:
    """What the sandbox knew and no file may hold."""

    secrets: frozenset[str]
    one_time_codes: frozenset[str]
    digests: frozenset[str]
    """SHA-256 of every log-in, browser's cookie, authorization code and token that identity remembers."""


@dataclass(frozen=True)
class Left:
    """A run that is over."""

    user: User
    bundle: Path
    known: Known
    url: str
    logs: dict[str, bytes]
    """The sandbox's own logs and the database server's, read before they went with the sandbox."""
    verified: dict[str, Ended]
    """`sandbox log verify` against this evidence: on the log as it was, and after each thing done to it."""

    @property
    def files(self) -> dict[str, bytes]:
        """Every file of the bundle and of the register."""
        runs = self.user.home / "runs"
        return {str(path.relative_to(runs)): path.read_bytes() for path in runs.rglob("*") if path.is_file()}

    def read(self, name: str) -> str:
        return (self.bundle / name).read_text("utf-8")

    @property
    def exchanges(self) -> list[Exchange]:
        return [Exchange.model_validate_json(line) for line in self.read("exchanges.jsonl").splitlines()]


@pytest.fixture(scope="module")
def left() -> Iterator[Left]:
    for user in a_user("local"):
        done = user.types("run", "cash-transfer", "--size", "1000", "--keep", "--json")
        assert done.code == 0, done.err
        bundle = Path(done.value["evidence"]).parent
        name = json.loads((bundle / "run.json").read_text())["sandbox"]
        running = adopt(make_tools(Settings(home=user.home), "local"), name)
        known = ask(running, user.home)
        logs = {
            str(path.relative_to(user.home)): path.read_bytes()
            for path in [*(user.home / "sandboxes").rglob("*.log"), user.home / "postgres" / "log"]
        }
        verified = verify_while_it_is_changed(user, running, bundle.name)
        assert user.types("down", "--all").code == 0
        yield Left(user, bundle, known, running.site.public_url, logs, verified)


def verify_while_it_is_changed(user: User, running: Running, run: str) -> dict[str, Ended]:
    """Change the message log as only an administrator of its database could, and verify each time."""
    database = running.site.database
    changes = {
        "whole": "SELECT",
        "edited": "UPDATE exchanges SET line = replace(line, 'status', 'outcome') WHERE number = 20",
        "cut": "DELETE FROM exchanges WHERE number > 9",
    }
    verified = {}
    url = database.url(f"{database.prefix}_information_mediator")
    with psycopg.connect(url, autocommit=True) as connection:
        for change, statement in changes.items():
            connection.execute(statement.encode())
            verified[change] = user.types("log", "verify", running.spec.name, "--evidence", run)
    return verified


def ask(running: Running, home: Path) -> Known:
    """Ask the databases of a running sandbox, as their administrator, for everything that is secret."""

    def column(block: str, query: str) -> list[Any]:
        database = running.site.database
        with psycopg.connect(database.url(f"{database.prefix}_{block}")) as connection:
            return [value for (value,) in connection.execute(query.encode())]

    keys = [
        *column("identity", "SELECT private_key FROM signing_keys"),
        *column("consent", "SELECT private_key FROM signing_keys WHERE private_key IS NOT NULL"),
    ]
    installation = (home / "keys" / "installation.pem").read_text()
    secrets = {
        *running.secrets.all(running.instances),
        running.site.database.password,
        (home / "postgres" / "password").read_text().strip(),
        *column("identity", "SELECT pairwise_salt FROM signing_keys"),
        *(key[part] for key in keys for part in ("d", "p", "q") if part in key),
        "".join(line for line in installation.splitlines() if not line.startswith("-")),
    }
    letters = column("messaging", "SELECT text FROM messages WHERE sensitive")
    remembered = (
        "SELECT login FROM logins UNION SELECT browser FROM logins UNION SELECT code FROM codes"
        " UNION SELECT token FROM tokens"
    )
    return Known(
        frozenset(secrets),
        frozenset(code for letter in letters for code in re.findall(r"\b\d{6}\b", letter)),
        frozenset(column("identity", remembered)),
    )


def spellings(secret: str) -> set[bytes]:
    """A secret as it is, and as it travels."""
    raw = secret.encode()
    found = {secret, quote(secret, safe=""), quote_plus(secret), raw.hex(), raw.hex().upper()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # In a longer text base64 has three alignments; where it mixes with its neighbours is cut off.
        found |= {
            encode(b"\0" * shift + raw).decode().rstrip("=")[(0, 2, 3)[shift] : -1] for shift in range(3)
        }
    return {spelling.encode() for spelling in found}


def places(needle: bytes, left: Left) -> list[str]:
    return [name for name, content in (left.files | left.logs).items() if needle in content]


def test_no_secret_of_the_sandbox_is_in_any_file(left: Left) -> None:
    assert len(left.known.secrets) > 3 * 8
    found = [
        place for secret in left.known.secrets for text in spellings(secret) for place in places(text, left)
    ]
    assert found == []


def unwrapped(content: bytes) -> Iterator[bytes]:
    """What is written in a file, and what its stretches of base64 and of hexadecimal say."""
    yield content
    for stretch in re.findall(rb"[A-Za-z0-9_+/-]{8,}", content):
        plain = stretch.translate(bytes.maketrans(b"-_", b"+/"))
        # A code may begin at any character of a stretch, for instance after a slash of a path.
        for start in range(4):
            yield base64.b64decode(plain[start:].ljust(-(-(len(plain) - start) // 4) * 4, b"A"))
    for stretch in re.findall(rb"(?:[0-9A-Fa-f]{2}){6,}", content):
        yield bytes.fromhex(stretch.decode())


def test_no_one_time_code_is_in_any_file(left: Left) -> None:
    assert len(left.known.one_time_codes) >= 20
    # Six digits stand inside hashes, times and what base64 makes of them by chance; as a word they do not.
    word = re.compile(rb"(?<![0-9A-Za-z.])[0-9]{6}(?![0-9A-Za-z])")
    codes = {code.encode() for code in left.known.one_time_codes}
    for name, content in (left.files | left.logs).items():
        words = {found for text in unwrapped(content) for found in word.findall(text)}
        assert words & codes == set(), name


@pytest.mark.parametrize(
    "written",
    [
        b"code 271828.",
        b"otp=271828&x",
        base64.b64encode(b"user:271828"),
        b"/r1/" + base64.urlsafe_b64encode(b'{"otp":"271828"}').rstrip(b"="),
        b"a" + base64.b64encode(b"271828").rstrip(b"="),
        b"271828".hex().encode(),
    ],
)
def test_a_one_time_code_would_be_found_however_it_is_written(written: bytes) -> None:
    assert any(re.search(rb"(?<![0-9A-Za-z.])271828(?![0-9A-Za-z])", text) for text in unwrapped(written))


def test_the_message_log_is_verified_in_the_live_sandbox_and_each_change_is_named(left: Left) -> None:
    whole, edited, cut = (left.verified[change] for change in ("whole", "edited", "cut"))
    assert (whole.code, edited.code, cut.code) == (0, 1, 1)
    assert f"is the one that run {left.bundle.name} was signed with" in whole.out
    assert re.search(r"^line \d+ was changed after it was written$", edited.err, re.MULTILINE)
    assert "the log ends at line 9: its tail was cut" in cut.err


def test_nothing_in_any_file_is_what_identity_keeps_the_digest_of(left: Left) -> None:
    assert len(left.known.digests) > 4 * 20
    for name, content in (left.files | left.logs).items():
        words = set(re.findall(rb"[A-Za-z0-9_.~+/-]{16,}", content))
        parts = words | {part for word in words for part in re.split(rb"[./]", word)}
        digests = {hashlib.sha256(part).hexdigest() for part in parts}
        assert digests & left.known.digests == set(), name


def test_no_token_is_in_any_file(left: Left) -> None:
    for name, content in (left.files | left.logs).items():
        for head in re.findall(rb"(?<![\w.-])eyJ[A-Za-z0-9_-]{8,}", content):
            header = json.loads(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
            # The statement's payload begins like one and names no algorithm.
            assert header.get("typ") == ATTESTATION or "alg" not in header, name
        for value in re.findall(
            rb"[?&](?:amp;)?(?:code|client_assertion|access_token)=([^&\s\"'<]*)", content
        ):
            assert value in (b"[redacted]", b"%5Bredacted%5D"), name


def test_the_signature_holds_without_this_product(left: Left) -> None:
    fingerprint = open_key(left.user.home).fingerprint
    done = run_verify(left.bundle, fingerprint)
    assert (done.returncode, done.stdout.splitlines()[-1][:5]) == (0, "VALID"), done.stdout + done.stderr
    assert run_verify(left.bundle, "0" * 64).returncode == 1
    assert verify_bundle(left.bundle, fingerprint=fingerprint) == []


def test_a_changed_byte_is_noticed_in_every_file(left: Left, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(left.bundle, copy)
    for path in [path for path in copy.rglob("*") if path.is_file()]:
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        assert verify_bundle(copy) != [], path
        if path.name in ("index.html", "run.json", "statement.dsse.json"):
            assert run_verify(copy).returncode != 0, path
        path.write_bytes(whole)
    assert verify_bundle(copy) == []


def run_verify(bundle: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = ["sh", str(bundle / "verify.sh"), *arguments]
    return subprocess.run(script, capture_output=True, text=True, check=False)


def test_the_register_holds_and_names_this_run(left: Left) -> None:
    runs, key = left.user.home / "runs", open_key(left.user.home)
    run = json.loads(left.read("run.json"))
    known = {run["register"]["number"]: run["register"]["hash"]}
    assert verify_register(runs, key, known=known).problems == ()
    begun, ended = map(json.loads, (runs / "register.jsonl").read_text().splitlines())
    assert (begun["kind"], ended["kind"], ended["outcome"]) == ("started", "ended", "passed")
    assert begun["run"] == ended["run"] == run["run"] == left.bundle.name
    assert ended["digest"] == hashlib.sha256((left.bundle / "statement.dsse.json").read_bytes()).hexdigest()


def test_the_message_log_holds_and_its_head_is_signed(left: Left) -> None:
    log = check_log(left.exchanges)
    assert (log.state, log.number) == ("whole", len(left.exchanges))
    assert json.loads(left.read("run.json"))["messageLog"]["hash"] == log.hash


def test_every_figure_can_be_traced_to_the_log(left: Left) -> None:
    ids = {exchange.id for exchange in left.exchanges}
    figures = json.loads(left.read("run.json"))["verdict"]["figures"]
    assert figures
    assert all(figure["exchanges"] and set(figure["exchanges"]) <= ids for figure in figures)


def test_junit_counts_every_step(left: Left) -> None:
    events = [json.loads(line) for line in left.read("events.jsonl").splitlines()]
    outcomes = Counter(event["result"]["outcome"] for event in events if event["kind"] == "step-finished")
    suite = ET.fromstring(left.read("junit.xml")).find("testsuite")
    assert suite is not None
    assert len(suite.findall("testcase")) == int(suite.attrib["tests"]) == outcomes.total()
    for name, outcome in (("failures", "failed"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[name]) == outcomes[outcome]


class Page(HTMLParser):
    """Reads a page and notes what is not closed, what it refers to, and what can be referred to."""

    VOID = frozenset({"meta", "br", "input", "img", "link", "hr", "col"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.references: list[str] = []
        self.ids: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            if name == "id":
                self.ids[value or ""] += 1
            if name in ("href", "src", "srcset", "action", "data", "poster", "xlink:href"):
                self.references.append(value or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at line {self.getpos()[0]}")


def test_the_page_is_one_small_whole_file_that_refers_to_itself_only(left: Left) -> None:
    text = left.read("index.html")
    assert len(text.encode()) < MOST_BYTES
    page = Page(text)
    assert (page.open, page.faults) == ([], [])
    assert [name for name, times in page.ids.items() if times > 1] == []
    inside = [each for each in page.references if each.startswith("#")]
    assert {*page.references} - {*inside} == {"dpo.html"}  # which lies beside it
    assert {each[1:] for each in inside} - set(page.ids) == set()
    assert page.tags.keys() & {"script", "link", "img", "iframe", "object", "embed", "form", "base"} == set()
    assert re.findall(r"url\(|@import", text.partition("</style>")[0]) == []


def test_the_data_protection_officer_is_told_what_the_log_shows(left: Left) -> None:
    told = json.loads(left.read("inventory.json"))
    unused = {
        (row["reader"], field["field"])
        for row in told["readings"]
        for field in row["fields"]
        if field["answered"] and field["followed"] and not field["seen_again"]
    }
    assert {("Registration", "sex"), ("Registration", "district")} <= unused
    assert ("Registration", "household id") not in unused  # it is asked on with
    assert {"birth date", "payee functional id"} <= {each["field"] for each in told["asked_twice"]}
    assert "disabled" in {field for each in told["sensitive"] for field in each["fields"]}
    (consent,) = told["consents"]
    counted = [consent[name]["times"] for name in ("given", "withdrawn", "refused")]
    assert counted == [20, 1, len([each for each in left.exchanges if each.refused == "consent-missing"])]
    computed = next(each for each in told["decisions"] if "score" in each["computed"])
    decided = [each for each in told["decisions"] if not each["computed"]]
    assert computed["nobody"]["times"]
    assert decided
    assert not sum(each["nobody"]["times"] for each in decided)  # officers had logged in
    assert told["unused_rights"]
    numbers = {each.number for each in left.exchanges}
    assert {number for row in told["readings"] for number in row["counted"]["numbers"]} <= numbers
    people = {each.individual for each in left.exchanges if each.individual}
    assert not [each for each in people if each in left.read("dpo.html") + left.read("inventory.csv")]


def test_the_page_goes_on_paper_once_its_signature_is_checked(left: Left, tmp_path: Path) -> None:
    paper = tmp_path / "committee.pdf"
    made = left.user.types("pdf", str(left.bundle), "--out", str(paper))
    assert made.code == 0, made.err
    assert paper.read_bytes().startswith(b"%PDF-")
    assert left.user.types("pdf", str(left.bundle), "--out", str(paper)).code == 3
    changed = tmp_path / "changed"
    shutil.copytree(left.bundle, changed)
    (changed / "index.html").write_text("<h1>Passed</h1>")
    refused = left.user.types("pdf", str(changed), "--out", str(tmp_path / "other.pdf"))
    assert (refused.code, (tmp_path / "other.pdf").exists()) == (3, False)
    assert "not as it was signed" in refused.err


def test_no_address_of_this_machine_is_in_the_bundle(left: Left) -> None:
    addresses = {
        each.address
        for several in psutil.net_if_addrs().values()
        for each in several
        if each.family.name != "AF_PACKET"
    }
    outside = {address for address in addresses if not address.startswith(("127.", "::1", "fe80"))}
    told = {str(left.user.home), str(Path(__file__).parents[2]), *outside}
    assert [
        place for address in told for place in places(address.encode(), left) if place in left.files
    ] == []
    assert left.url not in left.read("index.html")


def test_another_home_replays_a_zip_of_it_the_same_way_refuses_a_changed_one_and_names_a_changed_policy(
    left: Left, tmp_path: Path
) -> None:
    content = tmp_path / "content"
    shutil.copytree(CONTENT_ROOT / "scenarios", content / "scenarios")
    for name in ("blocks", "datasets", "compose"):
        (content / name).symlink_to(CONTENT_ROOT / name)
    (content / "sandbox" / "controls").mkdir(parents=True)
    shutil.copy(CONTENT_ROOT / "sandbox/controls/openapi.yaml", content / "sandbox/controls")
    policy = content / "scenarios/cash-transfer/policy.yaml"
    policy.write_text(policy.read_text().replace("threshold: 25", "threshold: 30"))
    zipped = shutil.make_archive(str(tmp_path / "run"), "zip", left.bundle)
    for user in a_user("local"):
        altered = tmp_path / "altered"
        shutil.copytree(left.bundle, altered)
        (altered / "wiring.json").write_bytes((altered / "wiring.json").read_bytes()[:-1] + b" ")
        refused = user.types("replay", str(altered))
        assert (refused.code, "wiring.json was changed" in refused.err) == (3, True), refused.err
        assert not (user.home / "sandboxes").exists()

        fingerprint = open_key(left.user.home).fingerprint
        same = user.types("replay", zipped, "--fingerprint", fingerprint, "--json")
        assert same.code == 0, same.out + same.err
        assert (same.value["equal"], same.value["differences"], same.value["notes"]) == (True, [], [])
        assert same.value["trace"] == json.loads(left.read("run.json"))["trace"]
        assert same.value["steps"] > 300

        other = subprocess.run(
            [sys.executable, "-m", "sandbox", "replay", zipped, "--current", "--json"],
            env={**user.environment, "SANDBOX_CONTENT": str(content)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert other.returncode == 1, other.stderr
        first = json.loads(other.stdout)["differences"][0]
        assert (first["what"], first["then"], first["now"]) == ("answer/policy/threshold", 25, 30)
        assert user.remains() == []
