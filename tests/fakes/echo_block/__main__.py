"""Serves the echo block, or runs once: says what it is told and ends with the code it is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import uvicorn

from echo_block.app import create_app


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    match list(arguments):
        case ["serve", *_]:
            port = int(environment.get("PORT", "8080"))
            uvicorn.run(create_app(environment), host="0.0.0.0", port=port)
            return 0
        case ["say", text, code]:
            print(text)
            return int(code)
        case ["raise", text]:
            raise RuntimeError(text)
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
