"""A sale that proves to be a repair, and back: the case is of the other kind from then on, and keeps all it holds.

A repair has a price: the customer reads it, and accepts it and its terms in writing (``cases.unwritten``) before it may
be proposed as repaired. Their time to withdraw runs from that day.
"""

from collections.abc import Collection
from datetime import datetime

from shopvisio import safety, settings
from shopvisio.accounts import Actor
from shopvisio.cases import Case, move_to, quiet, record
from shopvisio.errors import Invalid, WrongState
from shopvisio.i18n import _
from shopvisio.jobs import enqueue

LONGEST = {"device": 120, "symptom": 2000}


def may(case: Case) -> bool:
    """Whether the case may become one of the other kind now: nothing is proposed, on its way or billed yet. A sale that
    was closed without one may, too."""
    is_free = not any(part.state != "dropped" for part in case.parts) and case.returned is None
    is_going = case.state in ("booked", "open") or (case.state == "closed" and case.outcome == "not_sold")
    return is_going and is_free and not case.is_practice and case.erased is None


def into_repair(
    case: Case, device: str, symptom: str, dangers: Collection[str], actor: Actor, now: datetime, tell: bool = True
) -> None:
    """At the fee of today; a closed case is open again. Raises WrongState, and Invalid naming what is missing or what
    danger stops a repair."""
    _must(case, "sale")
    wrong = {}
    if not device.strip():
        wrong["device"] = _("Dites de quel appareil il s’agit.")
    if not symptom.strip():
        wrong["symptom"] = _("Dites en quelques mots ce qui ne va pas.")
    wrong |= {
        name: _("{n} signes au plus.", n=LONGEST[name])
        for name, typed in (("device", device), ("symptom", symptom))
        if len(typed) > LONGEST[name]
    }
    if stopping := safety.stops(dangers):
        wrong["dangers"] = str(safety.DANGERS[stopping[0]].why)
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    if case.state == "closed":
        move_to(case, "open")
        case.outcome, case.closed_at, case.confirmed_by = "", None, ""
    case.kind, case.fee = "repair", settings.get("fee")
    case.device, case.symptom = device.strip(), symptom.strip()
    record(case, "turned_to_repair", actor, now, cents=case.fee, **quiet(tell))
    record(case, "safety", actor, now, dangers=list(dangers), done=[])
    _tell(case, tell, now)


def into_sale(case: Case, actor: Actor, now: datetime, tell: bool = True) -> None:
    """Nothing is owed for its calls any more. Raises WrongState."""
    _must(case, "repair")
    case.kind, case.fee = "sale", 0
    record(case, "turned_to_sale", actor, now, **quiet(tell))
    _tell(case, tell, now)


def _must(case: Case, kind: str) -> None:
    if case.kind != kind or not may(case):
        raise WrongState(_("Ce n’est plus possible : le dossier a changé entre-temps."), case.state, kind)


def _tell(case: Case, tell: bool, now: datetime) -> None:
    if tell:
        enqueue("turned", now, case=case.id, into=case.kind)
