"""The bytes of a text file, looked at once before they are read as a table: encoding, lines, rubbish."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import ContentError
from sandbox.population.guard.source import LONGEST_LINE, line_too_long

_PIECE = 2**20
_NOT_CP1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
_BOMS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True, slots=True)
class Text:
    """How a file is to be decoded, in Python's word and in people's."""

    encoding: str
    said: str


def examine(path: Path) -> Text:
    """Read all bytes once, in pieces, and tell the encoding. Raises ContentError for what is no text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, has_bom, line, since_break, first = True, False, 1, 0, True
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            if first:
                first = False
                has_bom = piece.startswith(codecs.BOM_UTF8)
                for bom, name in _BOMS.items():
                    if piece.startswith(bom):
                        raise ContentError(f"the file is in {name}", path=str(path), hint=_AS_UTF8)
            if b"\0" in piece:
                raise ContentError(
                    "the file holds NUL bytes: it is no text",
                    path=str(path),
                    hint="save it as CSV (UTF-8), or give the Excel or Parquet file itself",
                )
            line, since_break = _measure(piece, path, line, since_break)
            if is_utf8:
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    is_utf8 = False
            if not is_utf8 and any(byte in piece for byte in _NOT_CP1252):
                raise _no_encoding(path)
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    if not is_utf8:
        _refuse_undefined(path)
        return Text("cp1252", "Windows-1252 (Latin-1), because it is not UTF-8; check accents in the preview")
    return Text("utf-8-sig" if has_bom else "utf-8", "UTF-8 with a byte order mark" if has_bom else "UTF-8")


_AS_UTF8 = "save it as UTF-8, such as with: iconv -f ENCODING -t UTF-8 FILE"


def _no_encoding(path: Path) -> ContentError:
    return ContentError("the file is neither UTF-8 nor Windows-1252 (Latin-1)", path=str(path), hint=_AS_UTF8)


def _refuse_undefined(path: Path) -> None:
    """Look again from the beginning: bytes before the first that is no UTF-8 were taken for UTF-8's."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            if any(byte in piece for byte in _NOT_CP1252):
                raise _no_encoding(path)


def _measure(piece: bytes, path: Path, line: int, since_break: int) -> tuple[int, int]:
    """Count lines and refuse one that is too long, before anything holds it in memory."""
    breaks = piece.count(b"\n") + (piece.count(b"\r") if b"\n" not in piece else 0)
    if not breaks:
        if since_break + len(piece) > LONGEST_LINE:
            raise line_too_long(path, line)
        return line, since_break + len(piece)
    sign = b"\n" if b"\n" in piece else b"\r"
    if since_break + piece.index(sign) > LONGEST_LINE:
        raise line_too_long(path, line)
    return line + breaks, len(piece) - piece.rindex(sign) - 1
