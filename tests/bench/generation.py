"""How fast fictitious citizens are made, beside Faker and Mimesis making fifteen fields a person.

Ours writes every table of the population as Parquet, with kinship and digests, and is charged
for all of it; the peers fill dictionaries with fields that know nothing of each other, one
person after another, on a smaller count. Peak memory is the PSS of the command and its
children, summed every 20 ms.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from faker import Faker
from figures import Figure, Series
from installation import Installation
from mimesis import Address, Datetime, Finance, Person
from mimesis.locales import Locale

from sandbox.model.population import PopulationRef
from sandbox.population import compile_pack, load_pack
from sandbox.population.files.generation import describe, new_folder, plan_parts, write_parts

PACK = "ke"
MILLION = 1_000_000
RATE_SIZE = 100_000
PEER_PERSONS = 2_000
SMALL = 1_000
SMALL_AIM_SECONDS = 0.05
UNWEIGHTED_AIM, WEIGHTED_AIM = 60, 300
EVERY_SECONDS = 0.02
_MB = 1_000_000


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure rates beside the peers in turns, then a thousand and a million persons."""
    pack = load_pack(installation.settings.content, PACK)
    out = installation.scratch / "people"

    compiled = compile_pack(pack)

    def ours(size: int) -> float:
        ref = PopulationRef(pack=PACK, size=size)
        began = time.perf_counter()
        with new_folder(out, needed=size) as folder:
            parts = plan_parts(compiled, ref.seed, ref.size)
            written = write_parts(compiled, ref, parts, folder)
            describe(pack, ref, folder, rows=written.rows, digests=written.digests)
        seconds = time.perf_counter() - began
        shutil.rmtree(out)
        return seconds

    peers = {
        "Faker, names unweighted": _faker(weighted=False),
        "Faker, names weighted": _faker(weighted=True),
        "Mimesis": _mimesis(),
    }
    ours(SMALL)  # imports
    small = [ours(SMALL) for _ in range(runs)]
    rates: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in peers}
    for run in range(runs):
        rates.append(RATE_SIZE / ours(RATE_SIZE))
        say(f"round {run + 1}: ours {rates[-1]:,.0f} persons/s")
        for name, make in peers.items():
            theirs[name].append(_rate(make))
            say(f"round {run + 1}: {name} {theirs[name][-1]:,.0f} persons/s")
    aims = dict(zip(peers, (UNWEIGHTED_AIM, WEIGHTED_AIM, None), strict=True))
    return [
        *(
            Figure(
                name=f"generation-rate-{PACK}",
                unit="persons/s",
                measured=Series(rates),
                peer=name,
                peer_measured=Series(theirs[name]),
                ratio_aim=aims[name],
                more_is_better=True,
            )
            for name in peers
        ),
        Figure(name=f"generation-1k-{PACK}", unit="s", measured=Series(small), aim=SMALL_AIM_SECONDS),
        *_whole(installation, MILLION, "1m", say),
        *(_whole(installation, 10 * MILLION, "10m", say) if installation.full else []),
    ]


def _whole(installation: Installation, size: int, label: str, say: Callable[[str], None]) -> list[Figure]:
    """Run the command once and watch it."""
    out = installation.scratch / "people"
    began = time.perf_counter()
    process = installation.command("data", "generate", f"--pack={PACK}", f"--size={size}", f"--out={out}")
    peak = 0
    while process.poll() is None:
        peak = max(peak, _tree_pss(process.pid))
        time.sleep(EVERY_SECONDS)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise RuntimeError(f"{size} citizens could not be made: {installation.complaints.read_text()[-500:]}")
    stored = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    shutil.rmtree(out)
    say(f"{size:,} citizens in {seconds:.1f} s, {peak / _MB:.0f} MB at most, {stored / _MB:.0f} MB on disk")
    return [
        Figure(name=f"generation-{label}-{PACK}", unit="s", measured=Series([seconds])),
        Figure(name=f"generation-{label}-{PACK}-memory", unit="MB", measured=Series([peak / _MB])),
        Figure(name=f"generation-{label}-{PACK}-stored", unit="MB", measured=Series([stored / _MB])),
    ]


def _tree_pss(pid: int) -> int:
    total = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error, OSError):
                total += _pss(process.pid)
    return total


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _rate(make: Callable[[], dict[str, Any]]) -> float:
    began = time.perf_counter()
    for _ in range(PEER_PERSONS):
        make()
    return PEER_PERSONS / (time.perf_counter() - began)


def _faker(*, weighted: bool) -> Callable[[], dict[str, Any]]:
    """Make a person of fifteen fields with the locale whose first names are weighted."""
    fake = Faker("en_US", use_weighting=weighted)
    fake.seed_instance(1)
    return lambda: {
        "number": fake.random_int(0, 10**9),
        "household": fake.random_int(0, 10**9),
        "id": fake.bothify("??##########"),
        "sex": fake.random_element(("female", "male")),
        "given_name": fake.first_name(),
        "family_name": fake.last_name(),
        "birth_date": fake.date_of_birth(),
        "phone": fake.phone_number(),
        "email": fake.email(),
        "employed": fake.boolean(),
        "income": fake.random_int(0, 10**6),
        "street": fake.street_address(),
        "district": fake.city(),
        "account": fake.bban(),
        "occupation": fake.job(),
    }


def _mimesis() -> Callable[[], dict[str, Any]]:
    person, address = Person(Locale.EN, seed=1), Address(Locale.EN, seed=1)
    dates, finance = Datetime(Locale.EN, seed=1), Finance(Locale.EN, seed=1)
    draw = person.random
    return lambda: {
        "number": draw.randint(0, 10**9),
        "household": draw.randint(0, 10**9),
        "id": person.identifier("@@##########"),
        "sex": draw.choice(("female", "male")),
        "given_name": person.first_name(),
        "family_name": person.last_name(),
        "birth_date": dates.date(),
        "phone": person.phone_number(),
        "email": person.email(),
        "employed": draw.choice((True, False)),
        "income": draw.randint(0, 10**6),
        "street": address.address(),
        "district": address.city(),
        "account": finance.bank(),
        "occupation": person.occupation(),
    }
