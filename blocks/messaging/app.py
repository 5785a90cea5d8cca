"""Puts the messaging block together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2
from fastapi import FastAPI

from blockkit.app import build_block, make_kit
from blocks.messaging.routes import email, inbox, sms

SLUG = "messaging"
FOLDER = Path(__file__).parent


def create_app(environment: Mapping[str, str], transport: httpx2.BaseTransport | None = None) -> FastAPI:
    """Make the block; `transport` replaces the network in tests."""
    kit = make_kit(SLUG, environment, transport)
    return build_block(kit, FOLDER, [email.make_router(kit), sms.make_router(kit), inbox.make_router(kit)])
