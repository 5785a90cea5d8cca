"""Serves the echo block, or runs once: says what it is told and ends with the code it is told."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping, Sequence

import psycopg
import uvicorn

from echo_block.app import create_app


def warn_between_threads(text: str) -> None:
    """Do what two threads of a library do at an unlucky moment that each hide a warning of theirs."""
    one, other = warnings.catch_warnings(), warnings.catch_warnings()
    for hiding in (one, other):
        hiding.__enter__()
        warnings.simplefilter("ignore", UserWarning)
    one.__exit__(None, None, None)
    warnings.warn(text, UserWarning, stacklevel=1)  # hidden, as `other` believes
    other.__exit__(None, None, None)


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    match list(arguments):
        case ["serve", *_]:
            port = int(environment.get("PORT", "8080"))
            uvicorn.run(create_app(environment), host="0.0.0.0", port=port, access_log=False)
        case ["say", text, code]:
            print(text)
            return int(code)
        case ["warn", text]:
            warn_between_threads(text)
        case ["raise", text]:
            raise RuntimeError(text)
        case ["sql", url, *statements]:
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                for statement in statements:
                    cursor = connection.execute(statement.encode())
                    for row in cursor if cursor.description else ():
                        print(*row)
        case _:
            return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
