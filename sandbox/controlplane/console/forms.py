"""Whose form it is: every form of a page is from that page, and carries its session's word."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form, Request

from sandbox.controlplane.access import (
    AskedBy,
    Builder,
    Caller,
    NotAllowed,
    Trainer,
    is_own_page,
    require_form_word,
)


def checked(caller: AskedBy, csrf: Annotated[str, Form(max_length=100)] = "") -> Caller:
    """Find out whose form this is. Raises NotKnown, NotAllowed."""
    require_form_word(caller, csrf)
    return caller


def checked_builder(caller: Builder, csrf: Annotated[str, Form(max_length=100)] = "") -> Caller:
    """Find out whose form this is, and refuse participants. Raises NotKnown, NotAllowed."""
    require_form_word(caller, csrf)
    return caller


def checked_trainer(caller: Trainer, csrf: Annotated[str, Form(max_length=100)] = "") -> Caller:
    """Find out whose form this is, and refuse all who hold no workshops. Raises NotKnown, NotAllowed."""
    require_form_word(caller, csrf)
    return caller


FormBy = Annotated[Caller, Depends(checked)]
"""Whoever sent a form of one of our pages."""
FormByBuilder = Annotated[Caller, Depends(checked_builder)]
"""The same, who may start things of their own."""
FormByTrainer = Annotated[Caller, Depends(checked_trainer)]
"""The same, who may hold workshops."""


def from_our_page(request: Request) -> None:
    """Refuse a form of somebody who is not logged in, unless it is from our page. Raises NotAllowed."""
    if not is_own_page(request):
        raise NotAllowed("this form does not come from a page of this server")
