"""The library: step-by-step procedures that a call starts from. Some come with the product, a file each in
``library/<language>``; the shop edits its copy of them, writes its own, and makes one of a finished case."""

import hashlib
import json
import tomllib
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import gates, steps
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, Invalid, NotFound
from shopvisio.gates import CHECKS, Gate
from shopvisio.i18n import _, lazy
from shopvisio.steps import Wording

LIBRARY = Path(__file__).parent / "library"
STATES = {"draft": lazy("Brouillon"), "ready": lazy("Prêt"), "retired": lazy("Retiré")}
DRAWING = "drawing:"  # before the name of a picture that comes with the product
MOST_STEPS = 40
LONGEST = {"title": 100, "device": 60, "tools": 300, "stop": 600}  # signs
MOST_MINUTES = 600


class Guide(Base):
    """A procedure. ``gate`` is JSON, names of CHECKS that are asked before it starts; ``stop`` says when not to go on.
    ``starter`` names the file it came with, which a new release may better until the shop has ``edited`` its copy."""

    __tablename__ = "guide"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(default=public_id)
    language: Mapped[str]
    starter: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(default="")  # of that file
    edited: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="draft")
    title: Mapped[str]
    device: Mapped[str] = mapped_column(default="")
    minutes: Mapped[int] = mapped_column(default=0)  # 0: nobody said
    tools: Mapped[str] = mapped_column(default="")
    gate: Mapped[str] = mapped_column(default="[]")
    stop: Mapped[str] = mapped_column(default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))  # it was made of
    by: Mapped[str] = mapped_column(default="")
    changed: Mapped[datetime]

    steps: Mapped[list["GuideStep"]] = relationship(order_by="GuideStep.place", cascade="all, delete-orphan")

    @property
    def checks(self) -> list[str]:
        """What is asked before it starts, in the order of the table."""
        named = json.loads(self.gate)
        return [name for name in CHECKS if name in named]


class GuideStep(Base):
    """One line of a guide. ``picture`` is a file of the uploads folder, or a drawing of the product; ``still_id`` a
    picture of the case the guide was made of, shown to who edits, copied only when they say so."""

    __tablename__ = "guide_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id"), index=True)
    place: Mapped[int]
    text: Mapped[str]
    how: Mapped[str] = mapped_column(default="")
    danger: Mapped[str] = mapped_column(default="")
    picture: Mapped[str] = mapped_column(default="")
    still_id: Mapped[int | None] = mapped_column(ForeignKey("still.id"))


# -- what is read


def find(key: str) -> Guide:
    """The guide with this key. Raises NotFound."""
    found = db.session.scalar(select(Guide).where(Guide.key == key))
    if found is None:
        raise NotFound
    return found


def listed(language: str, words: str = "", states: Collection[str] = ("ready",)) -> list[Guide]:
    """The guides for a reader of this language that hold every word, accents or not, in order of their titles."""
    found = [guide for guide in db.session.scalars(select(Guide)) if guide.state in states]
    theirs = {guide.starter for guide in found if guide.language == language}
    for_them = [
        guide
        for guide in found
        if not guide.starter or guide.language == language or (guide.language == "fr" and guide.starter not in theirs)
    ]
    wanted = plain(words).split()
    return sorted(
        (guide for guide in for_them if all(word in _all_words(guide) for word in wanted)),
        key=lambda guide: plain(guide.title),
    )


def _all_words(guide: Guide) -> str:
    return plain(" ".join((guide.title, guide.device, guide.tools, *(step.text for step in guide.steps))))


def plain(text: str) -> str:
    """The text as a search compares it: small letters without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).replace("’", "'")


# -- the shop writes


def begin(language: str, actor: Actor, now: datetime) -> Guide:
    """An empty draft."""
    guide = Guide(language=language, title=_("Guide sans titre"), by=actor.name, changed=now, key=public_id())
    db.session.add(guide)
    db.session.flush()
    return guide


def of_case(case: Case, actor: Actor, now: datetime) -> Guide:
    """A draft made of what was done in a finished case: words and dangers. Pictures of the customer's home stay with
    the case until staff tick each; those of a guide go along. Raises Conflict where nothing was done."""
    done = steps.done(case)
    if not done or case.state not in ("proposed", "closed"):
        raise Conflict(_("Un guide se fait d’un dossier terminé, avec au moins une étape faite."))
    guide = begin(case.customer.language, actor, now)
    guide.title = (case.symptom or case.thing or guide.title)[: LONGEST["title"]]
    guide.device, guide.case_id = case.device[: LONGEST["device"]], case.id
    for place, step in enumerate(done, 1):
        guide.steps.append(
            GuideStep(
                place=place,
                text=step.text,
                how=step.how,
                danger=step.danger,
                picture=step.picture,
                still_id=step.still_id,
            )
        )
    db.session.flush()
    return guide


def save(guide: Guide, facts: dict[str, str], checks: Collection[str], lines: Sequence[GuideStep], actor: Actor,
         now: datetime) -> None:  # fmt: skip
    """Keep a guide as it was typed: ``facts`` has title, device, tools, stop and minutes. Raises Invalid with every
    field at fault."""
    typed = {name: facts.get(name, "").strip() for name in (*LONGEST, "minutes")}
    wrong = {
        name: _("C’est trop long : {n} signes au plus.", n=most)
        for name, most in LONGEST.items()
        if len(typed[name]) > most
    }
    if not typed["title"]:
        wrong["title"] = _("Donnez un titre au guide.")
    minutes = _minutes(typed["minutes"])
    if minutes is None:
        wrong["minutes"] = _("Un nombre de minutes, comme 20.")
    if len(lines) > MOST_STEPS:
        wrong["steps"] = _("Un guide a {n} étapes au plus.", n=MOST_STEPS)
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    for name in LONGEST:
        setattr(guide, name, typed[name])
    guide.minutes, guide.gate = minutes or 0, json.dumps([name for name in CHECKS if name in checks])
    for place, line in enumerate(lines, 1):
        line.place = place
    guide.steps = list(lines)
    guide.edited, guide.by, guide.changed = True, actor.name, now
    db.session.flush()


def _minutes(typed: str) -> int | None:
    if not typed:
        return 0
    return (
        int(typed)
        if typed.isascii() and typed.isdigit() and int(typed[:4]) <= MOST_MINUTES and len(typed) < 4
        else None
    )


def set_state(guide: Guide, state: str, actor: Actor, now: datetime) -> None:
    """Ready for calls, a draft, or retired: out of sight, but kept. Raises Conflict for one without steps."""
    if state not in STATES:
        raise Invalid
    if state == "ready" and not guide.steps:
        raise Conflict(_("Écrivez au moins une étape avant de mettre ce guide en service."))
    if state == "ready":
        for step in guide.steps:
            step.still_id = None  # what was not copied stays with its case
    guide.state, guide.edited, guide.by, guide.changed = state, True, actor.name, now


# -- what comes with the product


def keep_starters(now: datetime) -> None:
    """Have the shop own a copy of every guide of the library; one that it has not edited follows a new release."""
    kept = {
        (guide.starter, guide.language): guide for guide in db.session.scalars(select(Guide).where(Guide.starter != ""))
    }
    for path in sorted(LIBRARY.glob("*/*.toml")):
        text = path.read_bytes()
        digest = hashlib.sha256(text).hexdigest()
        guide = kept.get((path.stem, path.parent.name))
        if guide is None:
            guide = Guide(starter=path.stem, language=path.parent.name, state="ready", key=public_id(), changed=now)
            db.session.add(guide)
        elif guide.edited or guide.digest == digest:
            continue
        _fill(guide, tomllib.loads(text.decode()))
        guide.digest, guide.changed = digest, now
    db.session.flush()


def _fill(guide: Guide, told: dict[str, Any]) -> None:
    for name in (*LONGEST, "minutes"):
        setattr(guide, name, told[name])
    guide.gate = json.dumps(told["gate"])
    guide.steps = [
        GuideStep(
            place=place,
            text=one["text"],
            how=one.get("how", ""),
            danger=one.get("danger", ""),
            picture=DRAWING + one["drawing"] if "drawing" in one else "",
        )
        for place, one in enumerate(told["steps"], 1)
    ]


# -- in a case


def start(guide: Guide, case: Case, actor: Actor, now: datetime) -> None:
    """Staff want this guide in a case: its gate is asked first, and its steps come once all of it is Yes."""
    if guide.state != "ready":
        raise Conflict(_("Ce guide n’est pas en service."))
    _go_on(gates.ask(case, guide.id, guide.title, guide.checks, actor, now), case, actor, now)


def answer(case: Case, check: str, yes: bool, actor: Actor, now: datetime) -> None:
    """Either side answers a question of the gate. Raises as :func:`gates.answer`."""
    _go_on(gates.answer(case, check, yes, actor, now), case, actor, now)


def _go_on(gate: Gate, case: Case, actor: Actor, now: datetime) -> None:
    if not gate.is_open:
        return
    gates.open_(case, gate, actor, now)
    for line in db.session.get_one(Guide, gate.guide_id).steps:
        steps.add(case, Wording(line.text, line.how, line.danger), line.picture)
