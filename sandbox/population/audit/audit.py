"""Reads a population's Parquet once, batch by batch, and holds it against its manifest and its pack.

What can't be read counts as a check that failed, with the file's name; a missing manifest is an
error, because then nothing says what was promised. Refuses to repair anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from sandbox.errors import ContentError
from sandbox.model.population import Manifest
from sandbox.population.audit.duplicates import count_duplicates
from sandbox.population.audit.numbers import Accounts, Identifiers
from sandbox.population.audit.probes import Probe
from sandbox.population.audit.reach import Domains, Phones
from sandbox.population.audit.report import AuditReport, Check
from sandbox.population.files.cache import read_manifest
from sandbox.population.files.digest import combine
from sandbox.population.files.file_digest import FileDigest
from sandbox.population.packs.folder import Pack
from sandbox.population.proof.classes import class_fields
from sandbox.population.proof.coincidence import expect_coincidences
from sandbox.population.proof.notice import write_notice
from sandbox.population.proof.statement import classify, state_strength

ROWS_AT_ONCE = 65_536


def audit(
    folder: Path, load_pack: Callable[[str], Pack], *, progress: Callable[[float], None] | None = None
) -> AuditReport:
    """Audit the population in `folder`. Raises ContentError when there is no manifest."""
    manifest = read_manifest(folder)
    pack = load_pack(manifest.pack)
    probes: list[Probe] = [Phones(pack), Accounts(pack), Identifiers(pack), Domains()]
    checks = [_check_pack(manifest, pack)]
    digests: dict[str, str] = {}
    total = max(1, sum(table.rows for table in manifest.tables.values()))
    done = 0

    def tell(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress(min(1.0, done / total))

    for table in manifest.tables:
        check, digest = _read_table(folder, table, manifest, probes, tell)
        checks.append(check)
        if digest is not None:
            digests[table] = digest
    whole = len(digests) == len(manifest.tables)
    checks.append(
        Check(
            name="digest of the population",
            holds=whole and combine(digests) == manifest.digest,
            counted=len(manifest.tables),
            found=0 if whole and combine(digests) == manifest.digest else 1,
            how="SHA-256 over the digests of all tables, equal to the manifest's",
        )
    )
    for probe in probes:
        checks += probe.verdicts()
    checks += count_duplicates(folder, manifest)
    fields = class_fields(pack.profile)
    coincidences = expect_coincidences(pack, manifest.size)
    return AuditReport(
        pack=manifest.pack,
        size=manifest.size,
        seed=manifest.seed,
        holds=all(check.holds for check in checks),
        checks=tuple(checks),
        fields=classify(fields),
        statement=state_strength(fields),
        coincidences=coincidences,
        notice=write_notice(pack.profile.country, manifest.size, fields, coincidences),
    )


def _check_pack(manifest: Manifest, pack: Pack) -> Check:
    same = manifest.pack_digest == pack.digest
    return Check(
        name=f"pack {pack.code}",
        holds=same,
        counted=1,
        found=0 if same else 1,
        how="the pack here is the one that the population was made from"
        if same
        else "the pack here is another version than the population was made from; generate it again",
    )


def _read_table(
    folder: Path,
    table: str,
    manifest: Manifest,
    probes: Sequence[Probe],
    tell: Callable[[int], None],
) -> tuple[Check, str | None]:
    """Feed one table to the probes and hash it; a damaged file is said, not raised."""
    promised, name = manifest.tables[table], f"{table}.parquet"

    def failed(why: str) -> tuple[Check, None]:
        return Check(name=name, holds=False, counted=promised.rows, found=1, how=why), None

    rows = 0
    try:
        digest = FileDigest(folder, table)
        for batch in digest.read(ROWS_AT_ONCE):
            for probe in probes:
                probe.look(table, batch)
            rows += batch.num_rows
            tell(batch.num_rows)
    except FileNotFoundError:
        return failed("the file is not there")
    except ContentError as error:
        return failed(str(error))
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        return failed(f"the file is damaged: {_first_line(error)}")
    found = digest.hexdigest()
    if rows != promised.rows:
        return failed(f"it has {rows:,} rows, the manifest says {promised.rows:,}")
    if found != promised.digest:
        return failed("its values are others than those the manifest was written for (digests differ)")
    how = "SHA-256 over all values, computed again and equal to the manifest's"
    return Check(name=name, holds=True, counted=rows, found=0, how=how), found


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__
