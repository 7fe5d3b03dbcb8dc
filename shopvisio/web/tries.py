"""How often somebody may try to come in: in memory, by account and address, by household, and by account alone."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, request

from shopvisio import accounts, audit, signins
from shopvisio.db import writing
from shopvisio.hub.server import household
from shopvisio.i18n import _
from shopvisio.web import guard

TRIES = 5  # by account and address, in
TRIES_AT_HOME = 30  # by household, to any account: each costs the appliance a tenth of a second
TRIES_WITHIN = timedelta(minutes=1)
TRIES_KEPT = 10_000  # pairs remembered at once: more is an attack on our memory
WRONG = 30  # passwords for one account, from wherever nobody of it is signed in, in an hour
WRONG_CODES = 10  # the same of the second step: there are a million codes
WRONG_WITHIN = timedelta(hours=1)

Times = dict[tuple[str, str], list[datetime]]


class Tries:
    """What was tried lately."""

    def __init__(self) -> None:
        self._at: Times = defaultdict(list)
        self._wrong: Times = defaultdict(list)  # of accounts that exist: as many as there are colleagues

    def allow(self, account: str, address: str, now: datetime) -> bool:
        """Count one more try; False when there were enough."""
        if len(self._at) >= TRIES_KEPT:
            self._at.clear()
        at_home = _lately(self._at["", household(address)], now, TRIES_WITHIN)
        tries = _lately(self._at[account, address], now, TRIES_WITHIN)
        if len(at_home) >= TRIES_AT_HOME or len(tries) >= TRIES:
            return False
        at_home.append(now)
        tries.append(now)
        return True

    def wrong(self, kind: str, account: str, now: datetime) -> list[datetime]:
        """When a password (kind ``refused``) or a code (``code_refused``) was wrong for this account."""
        return _lately(self._wrong[kind, account], now, WRONG_WITHIN)

    def forget(self, account: str, address: str) -> None:
        """They came in: the count begins anew."""
        self._at.pop((account, address), None)


def _lately(times: list[datetime], now: datetime, within: timedelta) -> list[datetime]:
    times[:] = [at for at in times if now - at < within]
    return times


def keep(blueprint: Blueprint) -> None:
    """An application with this blueprint counts."""

    @blueprint.record_once
    def begin(state: Any) -> None:
        state.app.extensions["sign_in_tries"] = Tries()


def _tries() -> Tries:
    found = current_app.extensions["sign_in_tries"]
    assert isinstance(found, Tries)
    return found


def too_often(account: str, now: datetime) -> str:
    """Count one more password for an account: empty, or the sentence that refuses to look at it."""
    if not _tries().allow(account, _address(), now):
        return _("C’est beaucoup d’essais d’un coup. Attendez une minute et recommencez.")
    wrong = _tries().wrong("refused", account, now) if accounts.by_email(account) else []
    if len(wrong) < WRONG or signins.knows(account, guard.network(), now):
        return ""
    return _("Trop de mots de passe faux pour ce compte : il se repose une heure, sauf là où vous êtes déjà connecté.")


def too_often_code(account: str, now: datetime) -> str:
    """The same of the second step's codes."""
    if len(_tries().wrong("code_refused", account, now)) >= WRONG_CODES:
        return _("Trop de codes faux. Attendez une heure, ou demandez au propriétaire de retirer la deuxième étape.")
    return ""


def note_wrong(kind: str, account: str, now: datetime) -> None:
    """It was wrong, and is noted; for an account that is none, too: that takes as long."""
    person = accounts.by_email(account)
    if person:
        _tries().wrong(kind, account, now).append(now)
    with writing():
        audit.note(kind, person.name if person else "", now)


def forget(account: str) -> None:
    """They came in."""
    _tries().forget(account, _address())


def _address() -> str:
    return request.remote_addr or ""
