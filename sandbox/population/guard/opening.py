"""Opens a file by its ending and its first bytes. Refuses what is neither a table nor readable."""

from __future__ import annotations

from pathlib import Path

from sandbox.errors import ContentError, NotFound, UsageError
from sandbox.population.guard.csv_files import open_csv
from sandbox.population.guard.excel_files import open_excel
from sandbox.population.guard.json_files import open_json_lines
from sandbox.population.guard.parquet_files import open_parquet
from sandbox.population.guard.source import Source

_READERS = {
    ".csv": open_csv,
    ".tsv": open_csv,
    ".txt": open_csv,
    ".xlsx": open_excel,
    ".xlsm": open_excel,
    ".parquet": open_parquet,
    ".jsonl": open_json_lines,
    ".ndjson": open_json_lines,
}


def open_source(path: Path) -> Source:
    """Open a file of records. Raises NotFound, UsageError or ContentError."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name one file")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            f"{path.name}: files of kind {path.suffix or 'without ending'!r} can't be imported",
            hint=f"give one of {', '.join(_READERS)}",
        )
    try:
        with path.open("rb") as file:
            first = file.read(4)
        if not first:
            raise ContentError("the file is empty", path=str(path))
        if reader is open_csv and first in (b"PAR1", b"PK\x03\x04"):
            raise ContentError("the file is not the text that its ending says", path=str(path))
        return reader(path)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}") from error
    except OSError as error:
        raise ContentError(
            f"the file can't be read: {error.strerror or 'damaged'}", path=str(path)
        ) from error
