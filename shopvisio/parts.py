"""Parts: proposed together as one offer, accepted or refused by the customer, ordered, sent, received, or given up.

    offered ─┬─ accept ─> accepted ── order ─> ordered ── send ─> sent ── receive ─> received ── fitted: billed
             ├─ refuse ─> refused                                                     └─ not repaired ─┬─> left
             └─ drop (staff, until it is received) ─> dropped                                          └─> to_return
    a change of an accepted one makes it offered again                                                     └─> returned

Every change of what is offered raises ``case.offer``: an answer to an older version is refused, and shown the newer.
While a visit is to come or under way the case stays booked; between visits it stands where its parts do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager

from shopvisio import settings
from shopvisio.accounts import Actor
from shopvisio.cases import BY_PARTS, UNFITTED, Case, Part, move_to, quiet, record, standing
from shopvisio.db import db
from shopvisio.errors import Invalid, NotFound, WrongState
from shopvisio.i18n import _, lazy
from shopvisio.jobs import enqueue

STATES = {
    "offered": lazy("Réponse attendue"),
    "accepted": lazy("À commander"),
    "ordered": lazy("À envoyer"),
    "sent": lazy("En route"),
    "received": lazy("Reçue"),
    "to_return": lazy("Retour attendu"),
    "returned": lazy("Revenue"),
    "left": lazy("Laissée au client"),
    "refused": lazy("Refusée"),
    "dropped": lazy("Abandonnée"),
}
CHANGEABLE = ("offered", "accepted", "ordered")
DROPPABLE = (*CHANGEABLE, "sent")
COMING = ("accepted", "ordered", "sent")
BILLED = ("accepted", "ordered", "sent", "received")  # with Repaired, as things stand
MOST = 20  # of a case
DEAREST = 1_000_000  # cents
NUDGES = 2  # at most, for one sending


@dataclass(frozen=True)
class Wanted:
    """A part as staff name it; ``price`` is cents with tax, 0 when included in the fee."""

    name: str
    reference: str = ""
    supplier: str = ""
    price: int = 0

    def __post_init__(self) -> None:
        """Raises Invalid (``name``, ``price``)."""
        wrong = {}
        if not self.name.strip():
            wrong["name"] = _("Indiquez le nom de la pièce.")
        if not 0 <= self.price <= DEAREST:
            wrong["price"] = _("Un montant comme 18 ou 18,40, ou cochez « comprise ».")
        if wrong:
            raise Invalid(_("Quelques réponses sont à corriger."), wrong)


def find(case: Case, part_id: int) -> Part:
    """A part of this case. Raises NotFound."""
    part = next((part for part in case.parts if part.id == part_id), None)
    if part is None:
        raise NotFound
    return part


def offer(
    case: Case, wanted: Wanted, words: str, actor: Actor, now: datetime, tell: bool = True, is_during: bool = False
) -> Part:
    """Staff name a part that is needed; the customer answers on their own screen. A second one joins what is offered
    already. ``is_during``: the visit to come or under way stands. Raises WrongState."""
    if not case.is_repair:
        raise WrongState(_("Une pièce ne concerne qu’une réparation."), case.state, "part_offered")
    if len(case.parts) >= MOST:
        raise Invalid(_("Ce dossier a déjà {n} pièces, c’est le maximum.", n=MOST))
    _refuse_priced_under_guarantee(case, wanted)
    part = Part(
        name=wanted.name.strip(),
        reference=wanted.reference.strip(),
        supplier=wanted.supplier.strip(),
        price=wanted.price,
        created=now,
    )
    case.parts.append(part)
    _renew(case, now, is_during)
    record(case, "part_offered", actor, now, **_facts(part), words=words.strip(), offer=case.offer, **quiet(tell))
    _ask(case, now, tell)
    return part


def change(case: Case, part: Part, wanted: Wanted, actor: Actor, now: datetime, tell: bool = True) -> None:
    """Other words, another price: what the customer had accepted is to be accepted anew. Another supplier alone is
    the shop's own affair. Raises WrongState once it is sent."""
    _refuse_unless(part, CHANGEABLE)
    if (wanted.name.strip(), wanted.reference.strip(), wanted.price) == (part.name, part.reference, part.price):
        part.supplier = wanted.supplier.strip()
        return
    _refuse_priced_under_guarantee(case, wanted)
    before = part.price
    part.name, part.reference, part.price = wanted.name.strip(), wanted.reference.strip(), wanted.price
    part.supplier = wanted.supplier.strip()
    part.state, part.accepted, part.ordered = "offered", None, None
    _renew(case, now, is_during=True)
    record(case, "part_changed", actor, now, **_facts(part), before=before, offer=case.offer, **quiet(tell))
    _ask(case, now, tell)


def drop(case: Case, part: Part, words: str, actor: Actor, now: datetime, tell: bool = True) -> None:
    """Staff give a part up: not to be had, lost on its way, not needed after all. Raises WrongState."""
    _refuse_unless(part, DROPPABLE)
    part.state = "dropped"
    case.offer += 1
    record(case, "part_dropped", actor, now, part=part.name, words=words.strip(), **quiet(tell))
    _follow(case)
    if tell:
        enqueue("part-dropped", now, part=part.id, words=words.strip())


def accept(case: Case, offer: int, street: str, postcode: str, city: str, now: datetime) -> None:
    """The customer accepts what is offered, in the version they saw, and says where it goes. Raises WrongState."""
    offered = _answerable(case, offer, now)
    given = {"street": street.strip(), "postcode": postcode.strip(), "city": city.strip()}
    wrong = {name: _("Il manque cette partie de l’adresse.") for name, value in given.items() if not value}
    if wrong:
        raise Invalid(_("Il manque la fin de l’adresse."), wrong)
    for part in offered:
        part.state, part.accepted, part.offer = "accepted", now, case.offer
    case.customer.street, case.customer.postcode, case.customer.city = given.values()
    record(
        case,
        "part_accepted",
        case.customer.actor,
        now,
        part=_named(offered),
        price=total(offered),
        offer=case.offer,
        lines=[_facts(part) for part in offered],
        **given,
    )
    _follow(case)
    enqueue("tell-staff", now, case=case.id, what="part_accepted")
    enqueue("part-accepted", now, case=case.id, offer=case.offer)


def refuse(case: Case, offer: int, words: str, now: datetime) -> None:
    """The customer does not want what is offered; the next act is the staff's. Raises WrongState."""
    offered = _answerable(case, offer, now, is_late_too=True)
    for part in offered:
        part.state, part.offer = "refused", case.offer
    actor = case.customer.actor
    record(case, "part_refused", actor, now, part=_named(offered), words=words.strip(), offer=case.offer)
    _follow(case)
    enqueue("tell-staff", now, case=case.id, what="part_refused")


def order(case: Case, part: Part, supplier: str, actor: Actor, now: datetime) -> None:
    """Staff have ordered it. Raises WrongState before the customer has accepted."""
    _refuse_unless(part, ("accepted",))
    part.state, part.ordered, part.supplier = "ordered", now, supplier.strip() or part.supplier
    record(case, "part_ordered", actor, now, part=part.name, supplier=part.supplier)


def send(case: Case, part: Part, carrier: str, tracking: str, actor: Actor, now: datetime, tell: bool = True) -> None:
    """The part has left. ``tracking`` is a web address or empty. Raises Invalid, WrongState."""
    _refuse_unless(part, ("accepted", "ordered"))
    part.state, part.sent = "sent", now
    part.carrier, part.tracking = carrier.strip(), _web_address(tracking)
    facts = {"part": part.name, "carrier": part.carrier, "tracking": part.tracking}
    entry = record(case, "part_sent", actor, now, **facts, **quiet(tell))
    _follow(case)
    if tell:
        enqueue("part-sent", now, part=part.id)
    _nudge_later(case, entry.id, now)


def receive(case: Case, actor: Actor, now: datetime) -> None:
    """What was sent is in the customer's hands; once nothing more is to come, the way to the next visit is open, at
    0 €. Raises WrongState when nothing is under way."""
    sent = case.parts_in("sent")
    if not sent:
        raise WrongState(_("Aucune pièce n’est en route."), case.state, "part_received")
    for part in sent:
        part.state, part.received = "received", now
    entry = record(case, "part_received", actor, now, part=_named(sent))
    _follow(case)
    _nudge_later(case, entry.id, now)


def give_up(case: Case, part: Part, fate: str, actor: Actor, now: datetime, tell: bool = True) -> None:
    """A part that was not fitted in a case that is over: ``to_return`` at the shop's cost, or ``left``. Raises
    WrongState where it was repaired."""
    if fate not in UNFITTED:
        raise Invalid(_("Choisissez dans la liste."))
    if case.state != "closed" or case.outcome == "repaired":
        raise WrongState(_("Ce n’est plus possible : le dossier a changé entre-temps."), part.state, fate)
    _refuse_unless(part, ("sent", "received", *UNFITTED))
    if part.state != fate:
        part.state = fate
        record(case, f"part_{fate}", actor, now, part=part.name, **quiet(tell))
        if tell:
            enqueue("part-unfitted", now, case=case.id)


def take_back(case: Case, part: Part, actor: Actor, now: datetime) -> None:
    """The part came back to the shop. Raises WrongState."""
    _refuse_unless(part, ("to_return",))
    part.state = "returned"
    record(case, "part_returned", actor, now, part=part.name)


def follow(case: Case) -> None:
    """The call is over without an outcome: the case stands where its parts do."""
    if case.state == "booked":
        move_to(case, standing(case))


# -- an offer that is an estimate


def total(found: Sequence[Part]) -> int:
    """Cents, tax included."""
    return sum(part.price for part in found)


def is_estimate(found: Sequence[Part]) -> bool:
    """Whether these parts are dear enough for a written estimate."""
    dear: int = settings.get("estimate_from")
    return total(found) > dear


def valid_until(case: Case) -> datetime | None:
    """Until when the estimate may be accepted; None when what is offered is none."""
    offered = case.parts_in("offered")
    if case.offered_at is None or not is_estimate(offered):
        return None
    return case.offered_at + timedelta(days=settings.get("estimate_days"))


# -- all of the shop


OUTSTANDING = ("offered", "accepted", "ordered", "sent", "received", "to_return")


def outstanding() -> list[Part]:
    """Every part that something is still to be done about, with its case, the oldest first."""
    whole = contains_eager(Part.case).joinedload(Case.customer)
    return list(db.session.scalars(_waiting(select(Part)).options(whole).order_by(Part.id)))


def count_outstanding() -> int:
    """How many there are."""
    return db.session.scalar(_waiting(select(func.count(Part.id)))) or 0


def _waiting(found: Select[Any]) -> Select[Any]:
    is_waiting = (Part.state != "received") | (Case.state == "part_received")
    return found.join(Part.case).where(Part.state.in_(OUTSTANDING), is_waiting)


def moved(part: Part) -> datetime:
    """When it last got any further."""
    return max(filter(None, (part.created, part.accepted, part.ordered, part.sent, part.received)))


def may_nudge(case: Case, entry: int) -> bool:
    """Whether the customer is to be reminded of the part that line ``entry`` told of: nothing has happened since."""
    if case.state not in ("part_sent", "part_received"):
        return False
    last = next((e.id for e in reversed(case.journal) if e.kind in ("part_sent", "part_received")), None)
    sent = next((e.id for e in reversed(case.journal) if e.kind == "part_sent"), 0)
    nudged = sum(1 for e in case.journal if e.kind == "nudged" and e.id > sent)
    return last == entry and nudged < NUDGES


def _nudge_later(case: Case, entry: int, now: datetime) -> None:
    days = settings.get("nudge_days")
    for n in range(1, NUDGES + 1) if days else ():
        enqueue("nudge", now + timedelta(days=n * days), case=case.id, entry=entry)


# -- inside


def _refuse_priced_under_guarantee(case: Case, wanted: Wanted) -> None:
    if case.returned is not None and wanted.price:
        told = _("Sous garantie, la pièce est comprise.")
        raise Invalid(told, {"price": told})


def _renew(case: Case, now: datetime, is_during: bool = False) -> None:
    case.offer += 1
    case.offered_at = now
    if not (is_during and case.state == "booked"):
        move_to(case, "part_offered")


def _follow(case: Case) -> None:
    if case.state in BY_PARTS:
        move_to(case, standing(case))


def _answerable(case: Case, offer: int, now: datetime, is_late_too: bool = False) -> list[Part]:
    offered = case.parts_in("offered")
    if not offered:
        raise WrongState(_("Vous avez déjà répondu."), case.state, "part_accepted")
    if offer != case.offer:
        raise WrongState(
            _("La proposition a changé entre-temps : relisez-la avant de répondre."), case.state, "part_accepted"
        )
    until = valid_until(case)
    if until is not None and now > until and not is_late_too:
        raise WrongState(_("Ce devis n’est plus valable : appelez-nous, nous le refaisons."), case.state, "open")
    return offered


def _refuse_unless(part: Part, states: Sequence[str]) -> None:
    if part.state not in states:
        raise WrongState(_("Ce n’est plus possible : la pièce en est déjà ailleurs."), part.state, states[0])


def _web_address(typed: str) -> str:
    """A web address or empty. Raises Invalid (``tracking``)."""
    address = typed.strip()
    if not address:
        return ""
    told = _("Le lien de suivi est une adresse comme https://…, celle que donne le transporteur.")
    try:
        found = urlsplit(address)
        is_web = found.scheme in ("http", "https") and bool(found.hostname) and "." in str(found.hostname)
    except ValueError:
        is_web = False
    if not is_web or len(address) > 500 or not address.isprintable() or " " in address:
        raise Invalid(told, {"tracking": told})
    return address


def _ask(case: Case, now: datetime, tell: bool) -> None:
    if tell:
        enqueue("ask-part", now, case=case.id, offer=case.offer)


def _facts(part: Part) -> dict[str, Any]:
    return {"part": part.name, "reference": part.reference, "price": part.price}


def _named(found: Sequence[Part]) -> str:
    return ", ".join(part.name for part in found)
