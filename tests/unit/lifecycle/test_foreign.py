"""What a candidate and its parts are told, and what they are not."""

from __future__ import annotations

import json

from sandbox.lifecycle.foreign import candidate_specs, peer_of
from sandbox.lifecycle.secrets import Secrets
from sandbox.model.candidate import Candidate, CandidateDescriptor, Part, PartRunning

IMAGE, CACHE = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
SECRETS = Secrets("root")
TOLD = {
    "PORT": "8080",
    "MEDIATOR_URL": "http://information-mediator:8080",
    "ISSUER_URL": "http://127.0.0.1:1/public/identity",
    "SANDBOX_ID": "pilot",
    "SANDBOX_SECRET": SECRETS.block("payments"),
}
CANDIDATE = Candidate(
    block="payments",
    ref="./vendor",
    descriptor=CandidateDescriptor(
        name="Acme Pay",
        slug="payments",
        summary="Pays people.",
        image=IMAGE,
        port=3000,
        readiness="/health",
        clock="real",
        environment={"MODE": "pilot", "CACHE": "redis://:{password}@cache"},
        memory=512,
        writable=("/var/cache",),
    ),
    image=IMAGE,
    parts={
        "database": PartRunning(part=Part(provided="postgresql")),
        "cache": PartRunning(part=Part(image=CACHE, environment={"PASSWORD": "{password}"}), image=CACHE),
    },
)
SPECS = candidate_specs(CANDIDATE, TOLD, SECRETS)


def test_a_candidate_is_told_its_own_settings_and_what_the_sandbox_tells() -> None:
    spec, password = SPECS["payments"], SECRETS.database("payments")
    assert spec.environment == {
        **TOLD,
        "PORT": "3000",
        "OUTBOUND_SECRET": SECRETS.outbound("payments"),
        "DATABASE_URL": f"postgresql://candidate:{password}@database:5432/candidate",
        "MODE": "pilot",
        "CACHE": f"redis://:{password}@cache",
    }
    assert (spec.image, spec.module, spec.reads_data) == (IMAGE, None, False)
    assert (spec.limits.memory_mib, spec.writable) == (512, ("/var/cache",))


def test_parts_stand_on_the_candidates_network_and_are_told_one_password() -> None:
    assert sorted(SPECS) == ["payments", "payments_cache", "payments_database"]
    for name, alias in (("payments_cache", "cache"), ("payments_database", "database")):
        assert (SPECS[name].beside, SPECS[name].alias, SPECS[name].reads_data) == ("payments", alias, False)
        assert SPECS[name].environment["PASSWORD"] == SECRETS.database("payments")
        assert SECRETS.block("payments") not in json.dumps(dict(SPECS[name].environment))
    assert SPECS["payments_cache"].image == CACHE
    assert SPECS["payments_database"].module == "sandbox.runtimes.own_database"


def test_nobody_foreign_is_told_a_secret_of_the_sandbox_or_of_a_block() -> None:
    told = json.dumps([dict(spec.environment) for spec in SPECS.values()])
    for secret in (SECRETS.root, SECRETS.token, SECRETS.block("identity"), SECRETS.database("identity")):
        assert secret not in told


def test_the_mediator_learns_where_it_answers_and_how_it_keeps_time() -> None:
    peer = peer_of(CANDIDATE, "http://payments:8080")
    assert peer == {"url": "http://payments:3000", "readiness": "/health", "clock": "real"}


def test_one_that_is_measured_alone_is_told_no_secret_and_no_issuer() -> None:
    alone = CANDIDATE.model_copy(update={"alone": True})
    told = candidate_specs(alone, TOLD, SECRETS)["payments"].environment
    assert SPECS["payments"].environment.keys() - told.keys() == {"SANDBOX_SECRET", "ISSUER_URL"}
    assert peer_of(alone, "http://payments:8080")["measured"] == "yes"
    assert "measured" not in peer_of(CANDIDATE, "http://payments:8080")
