"""The dossier: several visits, photos, parts, one outcome, and a story that is only ever added to.

    booked ─┬─ propose ──> proposed ─┬─ yes ────────────────> closed ── contest (staff confirmed) ──> open
            │                        └─ no ──> open
            ├─ parts (parts.py) ─> part_offered ─> part_accepted ─> part_sent ─> part_received ─> booked
            └─ call off ──> closed (the first visit) ── book again ──> booked; else back where it stood
    open ── propose, offer parts, or book again
    closed, repaired ── the fault is back under guarantee (``guarantee.come_back``) ──> open, never billed again

Between visits a case stands where its parts do (:func:`standing`). ``open`` means that the next act is the staff's.
The customer's answer is never overridden: after a No staff may only propose again; without an answer they may confirm,
with a reason, once the delay is over.
"""

import json
from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, func, or_, select
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from shopvisio import settings
from shopvisio.accounts import Actor, Customer
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Invalid, WrongState
from shopvisio.i18n import _, lazy
from shopvisio.jobs import enqueue

PRACTICE = "practice"  # the kind of a case that is none (``practice.py``): no list and no figure knows it
KINDS = {"repair": lazy("Réparation"), "sale": lazy("Achat")}
STATES = {
    "booked": lazy("Rendez-vous pris"),
    "open": lazy("À reprendre"),
    "proposed": lazy("Réponse attendue"),
    "part_offered": lazy("Pièce proposée"),
    "part_accepted": lazy("Pièce à envoyer"),
    "part_sent": lazy("Pièce envoyée"),
    "part_received": lazy("Pièce reçue"),
    "closed": lazy("Clos"),
}
OUTCOMES = {
    "repaired": lazy("Réparé"),
    "not_repaired": lazy("Non réparé"),
    "sold": lazy("Vendu"),
    "not_sold": lazy("Pas d’achat"),
    "cancelled": lazy("Annulé"),
    "no_show": lazy("Absent"),
}
CONDITIONS = {  # how a device that was not repaired is left; with "fixed", the words of the Open Repair Data Standard
    "repairable": lazy("Réparable"),
    "end_of_life": lazy("En fin de vie"),
}
BARRIERS = {  # what stood in the way: the first six are the standard's
    "no_part": lazy("Pièce introuvable"),
    "too_dear": lazy("Pièce trop chère"),
    "no_opening": lazy("L’appareil ne s’ouvre pas"),
    "no_documentation": lazy("Documentation introuvable"),
    "no_tool": lazy("Il manque un outil"),
    "worn_out": lazy("Appareil trop usé"),
    "on_site": lazy("Il faut venir sur place"),
    "unsafe": lazy("Trop risqué à distance"),
    "not_found": lazy("Panne non trouvée"),
    "other": lazy("Autre raison"),
}
REPAIR_OUTCOMES, SALE_OUTCOMES = ("repaired", "not_repaired"), ("sold", "not_sold")
BY_PARTS = {"part_offered", "part_accepted", "part_sent", "part_received", "open"}  # one leads to any other
MOVES = {
    "booked": {"proposed", "closed", *BY_PARTS},
    "open": {"proposed", "booked", "closed", *BY_PARTS},
    "proposed": {"closed", "open"},
    "part_offered": BY_PARTS,
    "part_accepted": BY_PARTS,
    "part_sent": BY_PARTS,
    "part_received": {"booked", "proposed", *BY_PARTS},
    "closed": {"open", "booked"},
}
TURNS = {  # the lines after which the customer's report may say something else
    "call_ended", "proposed", "answered_yes", "answered_no", "confirmed_by_staff", "contested", "dismissed", "returned",
    "advised", "booked", "moved", "cancelled", "withdrawn", "part_accepted", "part_ordered",
    "part_sent", "part_received", "part_dropped", "part_left", "part_to_return", "part_returned",
}  # fmt: skip
SETTLES = timedelta(seconds=5)  # what comes together is drawn once
LONGEST_ADVICE = 2000  # signs
WITHDRAWAL = timedelta(days=14)  # from the day after the booking
REMIND_AFTER = (timedelta(hours=20), timedelta(hours=44))  # the two mails before staff may confirm


class Case(Base):
    """One dossier. ``kind`` is a word of KINDS, ``state`` of STATES, ``outcome`` of OUTCOMES or empty."""

    __tablename__ = "case"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=public_id)
    number: Mapped[str] = mapped_column(unique=True)  # D2026-0118
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(default="")  # proposed, then confirmed
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    fee: Mapped[int]  # cents, as promised when it was booked
    device: Mapped[str] = mapped_column(default="")
    brand: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(default="")
    symptom: Mapped[str] = mapped_column(default="")
    answers: Mapped[str] = mapped_column(default="[]")  # JSON: [[the service's own question, the answer]]
    tried: Mapped[str] = mapped_column(default="")  # what was done, said by the repairer when proposing
    condition: Mapped[str] = mapped_column(default="")  # of CONDITIONS, where it was not repaired
    barrier: Mapped[str] = mapped_column(default="")  # of BARRIERS, likewise
    advice: Mapped[str] = mapped_column(default="")  # for the customer's report
    offer: Mapped[int] = mapped_column(default=0)  # the version of the parts proposed: raised by each change of them
    offered_at: Mapped[datetime | None]  # when that version was made
    proposed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    confirmed_by: Mapped[str] = mapped_column(default="")  # customer or staff
    guaranteed: Mapped[date | None]  # the last day of the guarantee, as promised when the repair was confirmed
    returned: Mapped[datetime | None] = mapped_column(index=True)  # when it came back under guarantee: 0 € from then on
    withdrawn: Mapped[datetime | None]  # when the customer withdrew from the contract
    erased: Mapped[datetime | None] = mapped_column(index=True)  # when everything about a person went from it
    created: Mapped[datetime]

    customer: Mapped[Customer] = relationship()
    journal: Mapped[list["Entry"]] = relationship(order_by="Entry.id")
    parts: Mapped[list["Part"]] = relationship(order_by="Part.id")
    photos: Mapped[list["Photo"]] = relationship(order_by="Photo.id")

    @property
    def thing(self) -> str:
        """What it is about, in a few words."""
        return ", ".join(word for word in (self.device, f"{self.brand} {self.model}".strip()) if word)

    @property
    def answered(self) -> list[tuple[str, str]]:
        """The service's own questions that the customer answered, with the answers."""
        return [(question, answer) for question, answer in json.loads(self.answers)]

    @property
    def is_repair(self) -> bool:
        """Whether it is about a repair (else a sale)."""
        return self.kind == "repair"

    @property
    def is_practice(self) -> bool:
        """Whether it is none of the shop's: a sale to practise in."""
        return self.kind == PRACTICE

    @property
    def bill(self) -> int:
        """Cents owed once it is repaired: the fee and the parts that were sent; nothing under guarantee."""
        sold = sum(part.price for part in self.parts if part.state in ("sent", "received"))
        return 0 if self.returned else self.fee + sold

    @property
    def why(self) -> str:
        """How the device is left and what stood in the way, in a short sentence; empty where it was not said."""
        if not self.condition:
            return ""
        condition, barrier = str(CONDITIONS[self.condition]), str(BARRIERS[self.barrier])
        return _("{condition} : {barrier}.", condition=condition, barrier=barrier[:1].lower() + barrier[1:])

    def parts_in(self, *states: str) -> list["Part"]:
        """Its parts in these states, in order."""
        return [part for part in self.parts if part.state in states]


class Entry(Base):
    """One line of the story, never rewritten: the base refuses it, and lets a line go with its case alone. ``facts`` is
    JSON; the words for eyes are made when it is shown."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str]  # staff, customer, appliance
    name: Mapped[str]
    kind: Mapped[str]
    facts: Mapped[str] = mapped_column(default="{}")

    @property
    def told(self) -> dict[str, Any]:
        """The facts of this line."""
        return dict(json.loads(self.facts))


class Part(Base):
    """A thing sent for a case. ``price`` is cents with tax, 0 when included in the fee; ``state`` a word of
    :data:`shopvisio.parts.STATES`; ``offer`` the version of the proposal that the customer answered."""

    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    name: Mapped[str]
    reference: Mapped[str] = mapped_column(default="")
    price: Mapped[int] = mapped_column(default=0)
    supplier: Mapped[str] = mapped_column(default="")  # of whom it is ordered: the customer is not told
    state: Mapped[str] = mapped_column(default="offered", index=True)
    offer: Mapped[int] = mapped_column(default=0)
    tracking: Mapped[str] = mapped_column(default="")  # a link to the carrier's page
    carrier: Mapped[str] = mapped_column(default="")
    created: Mapped[datetime]
    accepted: Mapped[datetime | None]
    ordered: Mapped[datetime | None]
    sent: Mapped[datetime | None]
    received: Mapped[datetime | None]

    case: Mapped[Case] = relationship(back_populates="parts")


class Photo(Base):
    """A picture of the intake, re-encoded, kept under ``file`` in the uploads folder."""

    __tablename__ = "photo"
    __table_args__ = (UniqueConstraint("file"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    file: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    created: Mapped[datetime]


class Consent(Base):
    """What the customer agreed to, word for word, and when."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]  # terms, immediate
    text: Mapped[str]
    address: Mapped[str]  # the network address it came from
    version_id: Mapped[int | None] = mapped_column(ForeignKey("legal_version.id"))  # of the text it stands for


@dataclass(frozen=True)
class Why:
    """Why a device was not repaired: a word of CONDITIONS and one of BARRIERS."""

    condition: str = ""
    barrier: str = ""


@dataclass(frozen=True)
class Intake:
    """What the customer tells before the first visit."""

    device: str = ""
    brand: str = ""
    model: str = ""
    symptom: str = ""
    answers: tuple[tuple[str, str], ...] = ()  # to the service's own questions


def open_case(kind: str, customer: Customer, intake: Intake, now: datetime) -> Case:
    """A new dossier with the next number of the year, at the fee of today."""
    case = Case(
        key=public_id(),
        number=_next_number(now),
        kind=kind,
        state="booked",
        customer=customer,
        created=now,
        fee=settings.get("fee") if kind == "repair" else 0,
        device=intake.device,
        brand=intake.brand,
        model=intake.model,
        symptom=intake.symptom,
        answers=json.dumps(intake.answers, ensure_ascii=False),
    )
    db.session.add(case)
    db.session.flush()
    return case


def _next_number(now: datetime) -> str:
    year = now.astimezone(settings.zone()).year
    last = db.session.scalar(
        select(Case.number).where(Case.number.like(f"D{year}-%")).order_by(Case.id.desc()).limit(1)
    )
    return f"D{year}-{(int(last.partition('-')[2]) if last else 0) + 1:04}"


def find(key: str) -> Case | None:
    """The dossier with this key."""
    return db.session.scalar(select(Case).where(Case.key == key, Case.kind != PRACTICE))


def listed(states: Collection[str], words: str = "", limit: int = 100) -> list[Case]:
    """The dossiers in one of ``states`` whose number, customer or thing holds every word, the newest first."""
    found = select(Case).join(Case.customer).options(contains_eager(Case.customer))
    found = found.where(Case.state.in_(states), Case.kind != PRACTICE).order_by(Case.id.desc()).limit(limit)
    for word in words.split():
        places = (Case.number, Case.device, Case.brand, Case.model, Customer.name, Customer.email)
        found = found.where(or_(*(place.icontains(word, autoescape=True) for place in places)))
    return list(db.session.scalars(found))


def count_by_state() -> dict[str, int]:
    """How many dossiers are in each state; a state without any is left out."""
    counted = select(Case.state, func.count()).where(Case.kind != PRACTICE).group_by(Case.state)
    return {state: n for state, n in db.session.execute(counted)}


def consents(case: Case) -> list[Consent]:
    """What the customer agreed to for this case, in order."""
    return list(db.session.scalars(select(Consent).where(Consent.case_id == case.id).order_by(Consent.id)))


def record(case: Case, kind: str, actor: Actor, now: datetime, **facts: Any) -> Entry:
    """Add a line to the story."""
    entry = Entry(
        at=now,
        actor=actor.kind,
        name=actor.name,
        kind=kind,
        facts=json.dumps(facts, ensure_ascii=False, sort_keys=True),
    )
    case.journal.append(entry)
    db.session.flush()
    if kind in TURNS and case.is_repair:
        enqueue("report", now + SETTLES, case=case.id)
    return entry


def quiet(tell: bool) -> dict[str, bool]:
    """The fact of a line, or of a job, that the customer is not written to."""
    return {} if tell else {"quiet": True}


def note(case: Case, words: str, actor: Actor, now: datetime) -> Entry:
    """Staff write to themselves: told at the desk alone. Raises Invalid without words."""
    if not words.strip():
        raise Invalid(_("Écrivez d’abord la note."), {"words": _("Écrivez d’abord la note.")})
    return record(case, "note", actor, now, words=words.strip())


def consent(case: Case, kind: str, text: str, address: str, now: datetime, version: int | None = None) -> None:
    """Keep what the customer agreed to."""
    db.session.add(Consent(case_id=case.id, at=now, kind=kind, text=text, address=address, version_id=version))


SAID = {"terms": "terms_said", "immediate": "immediate_said"}  # asked in writing -> noted from what was said aloud


def unwritten(case: Case) -> list[str]:
    """What the customer is still to agree to in writing: their visit was booked for them on the telephone, or turned
    into a repair. Empty for all others, and once they have."""
    since = made(case)
    kinds = {consent.kind for consent in consents(case) if consent.at >= since}
    wanted = ["terms", "immediate"] if case.is_repair else ["terms"]
    is_asked = is_turned(case) or any(entry.kind == "taken_down" for entry in case.journal)
    return [kind for kind in wanted if kind not in kinds] if is_asked and case.state != "closed" else []


def made(case: Case) -> datetime:
    """When the contract was made: as the visit was booked, or as a sale became this repair."""
    turned = [entry.at for entry in case.journal if entry.kind == "turned_to_repair"] if case.is_repair else []
    return turned[-1] if turned else case.created


def is_turned(case: Case) -> bool:
    """Whether it was a sale before."""
    return made(case) > case.created


def begins(case: Case) -> date | None:
    """The first day of a repair whose customer did not ask, in writing or aloud, that it begin within their time to
    withdraw. None for all others."""
    if not case.is_repair:
        return None
    since, told = made(case), {entry.kind for entry in case.journal}
    requests = (consent for consent in consents(case) if consent.kind in ("immediate", SAID["immediate"]))
    is_waiting = is_turned(case) or told & {"taken_down", "not_at_once"}
    return after_withdrawal(since) if is_waiting and not any(one.at >= since for one in requests) else None


def after_withdrawal(contract: datetime) -> date:
    """The day after the last one on which the customer may withdraw from a contract made then."""
    return contract.astimezone(settings.zone()).date() + WITHDRAWAL + timedelta(days=1)


def is_early(case: Case, now: datetime) -> bool:
    """Whether the repair may not begin yet."""
    first = begins(case)
    return first is not None and now.astimezone(settings.zone()).date() < first


def move_to(case: Case, state: str) -> None:
    """Change the state; raises WrongState where the table of moves has no such move."""
    if state not in MOVES[case.state]:
        raise WrongState(_("Ce n’est plus possible : le dossier a changé entre-temps."), case.state, state)
    case.state = state


def may_withdraw(case: Case, now: datetime) -> bool:
    """Whether the customer may withdraw from the contract: for 14 whole days after the day it was made, unless the
    repair is done and confirmed, or they did already."""
    day = made(case).astimezone(settings.zone()).date()
    is_within = now.astimezone(settings.zone()).date() <= day + WITHDRAWAL
    is_over = case.returned is not None or (case.state == "closed" and case.outcome != "cancelled")
    return case.is_repair and is_within and not is_over and case.withdrawn is None


def withdraw(case: Case, now: datetime) -> None:
    """The customer withdraws, whatever the state of the case: closed, nothing to pay. Raises WrongState."""
    if not may_withdraw(case, now):
        raise WrongState(_("Ce n’est plus possible : le dossier a changé entre-temps."), case.state, "closed")
    case.state, case.outcome, case.closed_at, case.confirmed_by = "closed", "cancelled", now, "customer"
    case.withdrawn = now
    _settle_parts(case, "to_return", now)
    record(case, "withdrawn", case.customer.actor, now)
    enqueue("withdrawn", now, case=case.id)


def may_book_again(case: Case) -> bool:
    """Whether the customer may book a visit of this case from their link."""
    called_off = case.state == "closed" and case.outcome == "cancelled" and case.withdrawn is None
    return case.state in ("open", "part_received") or called_off


def book_again(case: Case) -> None:
    """Another visit of the same case was booked. Raises WrongState when the case is over for good."""
    if case.state == "booked":
        return
    if not may_book_again(case):
        raise WrongState(_("Ce n’est plus possible : le dossier a changé entre-temps."), case.state, "booked")
    if case.state == "closed":
        case.outcome, case.closed_at, case.confirmed_by = "", None, ""
    move_to(case, "booked")


def call_off(case: Case, is_first: bool, now: datetime, by: str = "customer") -> None:
    """The customer cancelled the visit to come, or staff did. The first one closes the case with nothing to pay; a
    later one leaves it where it stood before: open, or with its part received. Raises WrongState when there is none."""
    if case.state != "booked":
        raise WrongState(_("Ce rendez-vous n’est plus à venir."), case.state, "open")
    if is_first:
        move_to(case, "closed")
        case.outcome, case.closed_at, case.confirmed_by = "cancelled", now, by
        return
    case.state = standing(case)  # no other act leads back


def standing(case: Case) -> str:
    """Where the case stands between two visits: where its parts do, or ``open``. A part that a call came after was
    tried, and waits no longer."""
    if case.parts_in("offered"):
        return "part_offered"
    if case.parts_in("accepted", "ordered"):
        return "part_accepted"
    if case.parts_in("sent"):
        return "part_sent"
    last = next((e.kind for e in reversed(case.journal) if e.kind in ("part_received", "call_ended")), "")
    return "part_received" if last == "part_received" and case.parts_in("received") else "open"


# -- the outcome


UNFITTED = {
    "to_return": lazy("Le client nous la renvoie, à nos frais"),
    "left": lazy("Le client la garde, sans la payer"),
}


def propose(
    case: Case,
    outcome: str,
    words: str,
    actor: Actor,
    now: datetime,
    why: Why | None = None,
    tell: bool = True,
    unfitted: str = "left",
) -> None:
    """Staff say how it ended, and why where it was not repaired. A repair waits for the customer's answer; a sale is
    closed at once. ``tell``: the first mail leaves at once, the two that ask again leave in any case. ``unfitted`` is a
    word of UNFITTED: what becomes of parts that the customer has when it is not repaired. Raises Invalid."""
    if outcome not in (REPAIR_OUTCOMES if case.is_repair else SALE_OUTCOMES):
        raise Invalid(_("Choisissez comment l’appel s’est terminé."))
    if outcome == "repaired" and (told := _unasked(case, now)):
        raise Invalid(told, {"outcome": told})
    case.outcome, case.tried = outcome, words.strip()
    if not case.is_repair:
        move_to(case, "closed")
        case.closed_at, case.confirmed_by = now, "staff"
        record(case, "outcome", actor, now, outcome=outcome, words=case.tried)
        return
    move_to(case, "proposed")
    why = _checked(why or Why(), words) if outcome == "not_repaired" else Why()
    case.condition, case.barrier = why.condition, why.barrier
    case.proposed_at = now
    facts: dict[str, Any] = {**quiet(tell)}
    if why.condition:
        facts |= {"condition": why.condition, "barrier": why.barrier}
    if outcome == "not_repaired" and case.parts_in("sent", "received"):
        facts["unfitted"] = unfitted if unfitted in UNFITTED else "left"
    entry = record(case, "proposed", actor, now, outcome=outcome, words=case.tried, **facts).id
    for delay in (timedelta(0), *REMIND_AFTER) if tell else REMIND_AFTER:
        enqueue("ask-answer", now + delay, case=case.id, entry=entry, again=bool(delay))


def _unasked(case: Case, now: datetime) -> str:
    """Why nothing may be owed for a repair yet; empty once the customer agreed to it."""
    if is_turned(case) and unwritten(case):
        return _("Le client accepte d’abord le forfait, depuis son lien : rien n’est dû avant.")
    if is_early(case, now):
        return _("Le client demande d’abord que la réparation commence, depuis son lien : rien n’est dû avant.")
    return ""


def _checked(why: Why, words: str) -> Why:
    """Raises Invalid naming what is not said yet."""
    wrong = {}
    if why.condition not in CONDITIONS:
        wrong["condition"] = _("Dites si l’appareil reste réparable.")
    if why.barrier not in BARRIERS:
        wrong["barrier"] = _("Choisissez ce qui a empêché la réparation.")
    if why.barrier == "other" and not words.strip():
        wrong["words"] = _("Dites en quelques mots ce qui a empêché la réparation.")
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    return why


def unfitted(case: Case) -> str:
    """What becomes of the parts that the customer has, by the last proposal: a word of UNFITTED, or empty."""
    told = next((entry.told for entry in reversed(case.journal) if entry.kind == "proposed"), {})
    return str(told.get("unfitted", ""))


def awaits(case: Case, entry: int) -> bool:
    """Whether the proposal written as line ``entry`` still waits for its answer."""
    return case.state == "proposed" and proposal(case) == entry


def proposal(case: Case) -> int | None:
    """The line of the last proposal, if there ever was one."""
    return next((entry.id for entry in reversed(case.journal) if entry.kind == "proposed"), None)


def answer(case: Case, yes: bool, words: str, now: datetime) -> None:
    """The customer's own answer. Yes closes the case and calls for the paper; No gives it back to staff."""
    if case.state != "proposed":
        raise WrongState(_("Vous avez déjà répondu."), case.state, "closed")
    if yes:
        record(case, "answered_yes", case.customer.actor, now, outcome=case.outcome)
        _close(case, "customer", now)
    else:
        move_to(case, "open")
        record(case, "answered_no", case.customer.actor, now, outcome=case.outcome, words=words.strip())
        case.outcome = ""
        enqueue("tell-staff", now, case=case.id, what="answered_no")


def may_confirm_from(case: Case) -> datetime | None:
    """When staff may confirm a proposal that has no answer."""
    if case.state != "proposed" or case.proposed_at is None:
        return None
    return case.proposed_at + timedelta(hours=settings.get("answer_hours"))


def confirm_unanswered(case: Case, reason: str, actor: Actor, now: datetime, tell: bool = True) -> None:
    """Staff close a case that nobody answered, after the delay and with a reason. ``tell``: its paper leaves by mail,
    too; it is on the customer's page in any case. Raises WrongState, Invalid."""
    from_ = may_confirm_from(case)
    if from_ is None or now < from_:
        raise WrongState(_("Le client a encore le temps de répondre."), case.state, "closed")
    if not reason.strip():
        raise Invalid(_("Indiquez le motif."), {"reason": _("Indiquez le motif.")})
    facts = {"outcome": case.outcome, "reason": reason.strip()} | quiet(tell)
    record(case, "confirmed_by_staff", actor, now, **facts)
    _close(case, "staff", now, tell)


def contest(case: Case, words: str, now: datetime) -> None:
    """The customer contests what staff confirmed without them: the case is open again, the paper undone. What was
    confirmed before it came back under guarantee stands until it is not repaired after all."""
    if case.state != "closed" or case.confirmed_by != "staff" or case.outcome not in REPAIR_OUTCOMES:
        raise WrongState(_("Ce n’est plus possible : le dossier a changé entre-temps."), case.state, "open")
    move_to(case, "open")
    record(case, "contested", case.customer.actor, now, outcome=case.outcome, words=words.strip())
    case.outcome, case.closed_at, case.confirmed_by = "", None, ""
    for part in case.parts_in(*UNFITTED):
        part.state = "received"
    if case.returned is None:
        case.guaranteed = None
        enqueue("credit", now, case=case.id)
    enqueue("tell-staff", now, case=case.id, what="contested")


def advise(case: Case, words: str, actor: Actor, now: datetime) -> None:
    """What staff advise the customer, for their report."""
    words = words.strip()[:LONGEST_ADVICE]
    if words != case.advice:
        case.advice = words
        record(case, "advised", actor, now, words=words)


def next_step(case: Case) -> str:
    """What somebody whose device was not repaired may do now; empty where nobody said how it is left."""
    if case.condition == "repairable":
        return _("L’appareil reste réparable : un atelier, ou une visite chez vous, peut finir ce travail.")
    if case.condition == "end_of_life":
        return _("Déposez l’appareil en déchèterie, ou chez un vendeur qui le reprend contre un neuf.")
    return ""


def dismiss(case: Case, outcome: str, actor: Actor, now: datetime, tell: bool = True) -> None:
    """Staff close a case nobody came to, or that was called off: nothing to pay, no paper. One that had come back under
    guarantee is repaired as before."""
    if outcome not in ("cancelled", "no_show"):
        raise Invalid(_("Choisissez comment le dossier se termine."))
    move_to(case, "closed")
    case.outcome, case.closed_at, case.confirmed_by = outcome, now, "staff"
    if case.returned is not None:
        case.outcome, case.confirmed_by = "repaired", "customer"
    _settle_parts(case, "to_return", now, tell)
    record(case, "dismissed", actor, now, outcome=outcome, **quiet(tell))


def _close(case: Case, by: str, now: datetime, tell: bool = True) -> None:
    """The outcome is confirmed. What came back under guarantee is not billed again; what then is not repaired after
    all was not to be paid either."""
    move_to(case, "closed")
    case.closed_at, case.confirmed_by = now, by
    _settle_parts(case, unfitted(case), now, tell)
    if case.returned is None:
        enqueue("paper", now, case=case.id, **quiet(tell))
    elif case.outcome != "repaired":
        enqueue("credit", now, case=case.id, **quiet(tell))
        enqueue("paper", now, case=case.id, **quiet(tell))
    elif tell:
        enqueue("repaired-again", now, case=case.id)
    if case.outcome != "repaired":
        case.guaranteed = None
        return
    if case.returned is None:
        case.guaranteed = _guaranteed(now)
    if days := settings.get("check_days"):
        enqueue("still-working", now + timedelta(days=days), case=case.id, entry=case.journal[-1].id)


def _guaranteed(now: datetime) -> date | None:
    """The last day of the guarantee of a repair confirmed now: the same day so many months later, or the month's last;
    None where the shop gives none."""
    months = settings.get("guarantee_months")
    if not months:
        return None
    first = now.astimezone(settings.zone()).date()
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return first.replace(year=year, month=month + 1, day=min(first.day, monthrange(year, month + 1)[1]))


def _settle_parts(case: Case, fate: str, now: datetime, tell: bool = True) -> None:
    """The case is over: what was not sent will not be, what was sent is fitted (then ``fate`` is empty) or not, and the
    customer is told what becomes of it."""
    for part in case.parts_in("offered", "accepted", "ordered"):
        part.state = "dropped"
    over = case.parts_in("sent", "received") if fate else []
    for part in over:
        part.state = fate
    if over and tell:
        enqueue("part-unfitted", now, case=case.id)
