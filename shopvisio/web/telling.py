"""What the customer is told of an act of staff: shown before it is done, and left out where staff untick it.

The act itself is tried in a write that is then rolled back: what is shown is what would be written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from shopvisio import booking, mail
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.web import guard, wire

Told = tuple[str, dict[str, Any]]  # the name of a mail, and its facts beside the case and its link


@dataclass(frozen=True)
class Letter:
    """A mail as the customer would read it, in their language."""

    to: str
    subject: str
    text: str


class _Rehearsed(Exception):
    pass


def leaves(case: Case) -> bool:
    """Whether mails reach this customer at all."""
    return mail.is_configured() and bool(case.customer.email)


def is_to_tell(case: Case) -> bool:
    """Whether this act is to be told. Where no mail could leave there is no tick, and nothing to leave out: the outbox
    notes that it did not."""
    return "tell" in request.form or not leaves(case)


def link(case: Case) -> str:
    """The customer's own link."""
    return url_for("customer.case", token=guard.token_of(case), _external=True)


def letter(case: Case, told: Told) -> Letter:
    """The mail as it would be written now."""
    name, facts = told
    subject, text = mail.preview(name, case.customer.language, case=case, url=link(case), **facts)
    return Letter(case.customer.email, subject, text)


def in_call(case: Case) -> None:
    """The parts of the case have changed, or its fee is accepted: whoever is in its call sees it anew."""
    visits = booking.appointments(case)
    if visits:
        wire.socketio.emit("parts", {}, to=wire.room(visits[-1].key))


def is_asked() -> bool:
    """Whether the form was sent to be read over only."""
    return "preview" in request.form


def rehearse(act: Callable[[], tuple[Case, Told | None]]) -> Letter | None:
    """The letter that the act would write; the act itself is undone. Raises what the act raises."""
    found: list[Letter] = []
    try:
        with writing():
            case, told = act()
            if told is not None:
                found.append(letter(case, told))
            raise _Rehearsed
    except _Rehearsed:
        return found[0] if found else None
