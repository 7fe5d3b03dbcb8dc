"""A booking on its way: what the customer has typed so far, so that nothing typed is ever lost.

A draft is named by an unguessable key in the address of the page; it reserves nothing, and goes after a day.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import billing, holds, legal, safety, settings
from shopvisio.accounts import Customer, Staff
from shopvisio.availability import Slot, Span
from shopvisio.booking import Appointment, ByStaff, Service, book, check_cap, check_free, next_free, soonest
from shopvisio.cases import SAID, Case, Intake, Photo, consent, open_case, record
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, Invalid, SlotTaken
from shopvisio.i18n import _, language
from shopvisio.jobs import enqueue

KEPT = timedelta(days=1)
PHOTOS = 6
LONGEST = 5000  # signs of one field that are kept, right or wrong
BEGUN, BOOKED = 30, 8  # drafts, and bookings made of them, that one network may send within a day
DRAFTS, ALL_PHOTOS = 3000, 900  # in all, within a day: a flood ends before the disk does


class Draft(Base):
    """A booking not made yet. ``typed`` is JSON: the fields of the pages as they were typed."""

    __tablename__ = "draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=public_id)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    network: Mapped[str] = mapped_column(default="", index=True)  # where it came from, for counting
    start: Mapped[datetime]
    typed: Mapped[str] = mapped_column(default="{}")
    created: Mapped[datetime] = mapped_column(index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))  # once booked: sent twice is booked once

    service: Mapped[Service] = relationship()
    photos: Mapped[list["DraftPhoto"]] = relationship(order_by="DraftPhoto.id", cascade="all, delete-orphan")

    @property
    def fields(self) -> dict[str, Any]:
        """What was typed, by field name."""
        return dict(json.loads(self.typed))

    @property
    def is_now(self) -> bool:
        """Whether it is for a talk at once; ``start`` is then what it was when it was begun."""
        return bool(self.fields.get("now"))


class DraftPhoto(Base):
    """A cleaned picture that waits for its case."""

    __tablename__ = "draft_photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"), index=True)
    file: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]


def begin(service: Service, start: datetime, network: str, now: datetime) -> Draft:
    """A new draft for a time the customer picked. Raises Conflict when too many were begun today."""
    drafts = select(func.count()).select_from(Draft).where(Draft.created > now - KEPT)
    begun = db.session.scalar(drafts.where(Draft.network == network)) if network else 0
    if (begun or 0) >= BEGUN or (db.session.scalar(drafts) or 0) >= DRAFTS:
        raise Conflict(_("Trop de réservations ont été commencées aujourd’hui sans être finies : appelez-nous plutôt."))
    draft = Draft(key=public_id(20), service=service, network=network, start=start, created=now)
    db.session.add(draft)
    db.session.flush()
    return draft


def find(key: str) -> Draft | None:
    """The draft with this key."""
    return db.session.scalar(select(Draft).where(Draft.key == key))


def type_in(draft: Draft, **fields: Any) -> None:
    """Keep what was typed, right or wrong."""
    kept = {name: value[:LONGEST] if isinstance(value, str) else value for name, value in fields.items()}
    draft.typed = json.dumps(draft.fields | kept, ensure_ascii=False)
    db.session.flush()


def add_photo(draft: Draft, file: str, width: int, height: int) -> None:
    """Keep a cleaned photo with the draft. Raises Conflict when there are enough."""
    if len(draft.photos) >= PHOTOS:
        raise Conflict(_("{n} photos suffisent.", n=PHOTOS))
    if (db.session.scalar(select(func.count()).select_from(DraftPhoto)) or 0) >= ALL_PHOTOS:
        raise Conflict(
            _("Les photos ne passent pas pour l’instant : continuez sans, vous les montrerez pendant l’appel.")
        )
    draft.photos.append(DraftPhoto(file=file, width=width, height=height))
    db.session.flush()


def remove_photo(draft: Draft, named: str) -> list[str]:
    """Forget the photo of the draft with this number, if there is one; answers the files to delete after the commit."""
    unused = [photo for photo in draft.photos if str(photo.id) == named]
    for photo in unused:
        draft.photos.remove(photo)
    db.session.flush()
    return [photo.file for photo in unused]


def move(draft: Draft, start: datetime) -> None:
    """Another time for the draft."""
    draft.start = start
    type_in(draft, now=False)


def know(draft: Draft, customer: Customer) -> None:
    """Who comes is known already: nothing of it is asked again, all of it may be changed."""
    type_in(draft, name=customer.name, email=customer.email, phone=settings.phone_for_eyes(customer.phone))
    if customer.zone and not draft.fields.get("zone"):
        type_in(draft, zone=customer.zone)


def is_safe(draft: Draft) -> bool:
    """Whether the person may come next: a repair has its safety gate before."""
    fields = draft.fields
    return draft.service.kind != "repair" or safety.is_open(fields.get("dangers", ()), fields.get("done", ()))


def agree(draft: Draft, consents: Mapping[str, str], address: str, now: datetime) -> None:
    """Keep what the customer ticked, word for word, until the case is made of the draft."""
    versions = {kind: legal.in_force(kind, language(), now).id for kind in consents}
    agreed = {"texts": dict(consents), "versions": versions, "address": address, "at": now.isoformat()}
    type_in(draft, agreed=agreed, language=language())


def hold(draft: Draft, now: datetime, talking: Collection[int] = ()) -> None:
    """Keep the draft's time until its sender confirms from their mail, in the caller's write; for a talk at once
    nothing is kept. Raises SlotTaken, Conflict and the like."""
    holds.release(draft.id, now)
    check_cap(_customer(draft, now), now)
    if draft.is_now:
        staff_id, busy = _at_once(draft, now, talking).staff[0], Span(now, now)
    else:
        staff_id, busy = check_free(draft.service, draft.start, now), draft.service.rules.holds(draft.start)
    holds.keep(draft.id, staff_id, busy, draft.network, draft.fields["email"], now)
    enqueue("hold", now, draft=draft.id)


def submit(draft: Draft, now: datetime, talking: Collection[int] = ()) -> Appointment:
    """Turn the draft, agreed to, into a case with its first appointment, in the caller's write. Raises SlotTaken,
    Conflict and the like, and then the draft is as it was."""
    fields = draft.fields
    told = {name: fields.get(name, "") for name in ("device", "brand", "model", "symptom")}
    answers = ((question, fields.get(f"answer{n}", "")) for n, question in enumerate(draft.service.asked))
    about = Intake(**told, answers=tuple((question, answer) for question, answer in answers if answer))
    customer, agreed = _customer(draft, now), fields["agreed"]
    holds.release(draft.id, now)
    check_cap(customer, now)
    _check_network(draft, now)
    case = open_case(draft.service.kind, customer, about, now)
    appointment = _book(draft, case, now, talking)
    for photo in draft.photos:
        db.session.add(Photo(case_id=case.id, file=photo.file, width=photo.width, height=photo.height, created=now))
    if draft.service.kind == "repair":
        _keep_safety(case, fields, agreed["address"], now)
        if any(fields.get(name) for name in billing.BUSINESS):
            billing.put(case, {name: fields.get(name, "") for name in billing.BUSINESS}, customer.actor, now)
    at, versions = datetime.fromisoformat(agreed["at"]), agreed.get("versions", {})
    for kind, text in agreed["texts"].items():
        consent(case, kind, text, agreed["address"], at, versions.get(kind))
        record(case, "consented", customer.actor, now, consent=kind)
    if case.is_repair and "immediate" not in agreed["texts"]:
        record(case, "not_at_once", customer.actor, now)
    draft.case_id = case.id
    draft.photos.clear()
    db.session.flush()
    return appointment


def take_down(
    service: Service,
    customer: Customer,
    about: Intake,
    start: datetime,
    agreed: Mapping[str, str],
    dangers: Collection[str],
    by: ByStaff,
    now: datetime,
) -> Appointment:
    """Staff book for somebody on the telephone, in their write. ``agreed`` are the texts that the customer said yes
    to aloud, by their kind: kept as such, with who noted it. Raises as :func:`book`, and Invalid for a danger that
    stops a repair."""
    if stopping := safety.stops(dangers):
        raise Invalid(fields={"dangers": str(safety.DANGERS[stopping[0]].why)})
    case = open_case(service.kind, customer, about, now)
    record(case, "taken_down", by.me, now)
    if dangers:
        record(case, "safety", by.me, now, dangers=list(dangers), done=[])
    appointment = book(case, service, start, now, by)
    for kind, text in agreed.items():
        noted = _("Dit de vive voix au téléphone, noté par {name}.", name=by.me.name)
        consent(case, SAID[kind], f"{text} {noted}", "", now)
        record(case, "said_yes", by.me, now, consent=kind)
    return appointment


def _book(draft: Draft, case: Case, now: datetime, talking: Collection[int]) -> Appointment:
    if not draft.is_now:
        return book(case, draft.service, draft.start, now)
    slot = _at_once(draft, now, talking)
    free = ByStaff(case.customer.actor, db.session.get_one(Staff, slot.staff[0]))
    return book(case, draft.service, slot.start, now, free)


def _at_once(draft: Draft, now: datetime, talking: Collection[int]) -> Slot:
    """Who is free now, or soon. Raises SlotTaken when nobody is any more."""
    slot = soonest(draft.service, now, talking)
    if slot is None:
        later = next_free(draft.service, now)
        raise SlotTaken(_("Plus personne n’est libre à l’instant."), later.start if later else None)
    return slot


def _customer(draft: Draft, now: datetime) -> Customer:
    fields = draft.fields
    return Customer(
        name=fields["name"],
        email=fields["email"],
        phone=settings.phone(fields["phone"]),
        language=fields["language"],
        zone=fields.get("zone", ""),
        created=now,
    )


def _check_network(draft: Draft, now: datetime) -> None:
    """Raises Conflict when one network has booked enough for a day, under whatever names."""
    made = select(func.count()).select_from(Draft).where(Draft.network == draft.network, Draft.created > now - KEPT)
    if draft.network and (db.session.scalar(made.where(Draft.case_id.is_not(None))) or 0) >= BOOKED:
        raise Conflict(_("Trop de rendez-vous ont été pris aujourd’hui depuis votre connexion : appelez-nous plutôt."))


def _keep_safety(case: Case, fields: dict[str, Any], address: str, now: datetime) -> None:
    """The answers of the gate in the case's story, and word for word what the customer says they have cut off."""
    dangers, done = fields.get("dangers", []), fields.get("done", [])
    record(case, "safety", case.customer.actor, now, dangers=dangers, done=done)
    for name in done:
        consent(case, "safety", str(safety.DANGERS[name].done), address, now)


def case_of(draft: Draft) -> Case | None:
    """The case this draft became, if it was sent."""
    return db.session.get(Case, draft.case_id) if draft.case_id else None


def purge(now: datetime) -> list[str]:
    """Forget the drafts that are a day old; answers the photo files to delete after the commit."""
    old = select(Draft.id).where(Draft.created < now - KEPT)
    files = list(db.session.scalars(select(DraftPhoto.file).where(DraftPhoto.draft_id.in_(old))))
    holds.purge(now)
    db.session.execute(delete(DraftPhoto).where(DraftPhoto.draft_id.in_(old)))
    db.session.execute(delete(Draft).where(Draft.created < now - KEPT))
    return files
