"""The ledger: sealed rows, one chain over every series. The only writer of papers.

Number, snapshot and hash are written in the caller's one transaction, under SQLite's write lock. Triggers
refuse any change, deletion, gap, backward date and broken chain, whoever writes; :func:`verify` finds what
was changed behind their back.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, UniqueConstraint, event, func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import clock
from shopvisio.db import Base, db, is_writing
from shopvisio.errors import Invalid, InvoiceSealed
from shopvisio.i18n import _
from shopvisio.invoices import chain, numbering
from shopvisio.invoices.codec import from_json, to_json
from shopvisio.invoices.facts import Corrected, Facts, Line, Snapshot
from shopvisio.invoices.mentions import wanting
from shopvisio.invoices.numbering import Kind
from shopvisio.invoices.totals import Amount, Totals, total
from shopvisio.money import Price


class Paper(Base):
    """One sealed paper. ``snapshot`` holds all it prints, as JSON; amounts in cents."""

    __tablename__ = "papers"
    __table_args__ = (UniqueConstraint("series", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)   # its place in the chain, from 1
    kind: Mapped[str]
    series: Mapped[str]
    position: Mapped[int]
    number: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int] = mapped_column(index=True)
    issued_at: Mapped[datetime]
    gross: Mapped[int]
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"), index=True)
    snapshot: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]


class PaperFile(Base):
    """The PDF of a paper, made after the paper was sealed and stored once."""

    __tablename__ = "paper_files"

    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"), primary_key=True, autoincrement=False)
    sha256: Mapped[str]
    pdf: Mapped[bytes]


# In the triggers, as in a chain: each says what it forbids.
LEDGER_TRIGGERS = [
    """CREATE TRIGGER papers_follow BEFORE INSERT ON papers BEGIN
  SELECT RAISE(ABORT, 'sealed: a gap in the ledger')
    WHERE NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM papers);
  SELECT RAISE(ABORT, 'sealed: a gap in the series')
    WHERE NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM papers WHERE series = NEW.series);
  SELECT RAISE(ABORT, 'sealed: a number out of its series')
    WHERE NEW.series NOT GLOB '[FAR][0-9][0-9][0-9][0-9]'
    OR NEW.number IS NOT printf('%s-%06d', NEW.series, NEW.position);
  SELECT RAISE(ABORT, 'sealed: a backward date')
    WHERE NEW.issued_at < (SELECT issued_at FROM papers ORDER BY id DESC LIMIT 1);
  SELECT RAISE(ABORT, 'sealed: a broken chain')
    WHERE NEW.previous IS NOT coalesce((SELECT hash FROM papers ORDER BY id DESC LIMIT 1), printf('%064d', 0));
END""",
    "CREATE TRIGGER papers_keep BEFORE UPDATE ON papers BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: a paper is never changed');\nEND",
    "CREATE TRIGGER papers_stay BEFORE DELETE ON papers BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: a paper is never deleted');\nEND",
    "CREATE TRIGGER paper_files_once BEFORE INSERT ON paper_files\n"
    "WHEN EXISTS (SELECT 1 FROM paper_files WHERE paper_id = NEW.paper_id) BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: the file of a paper is stored once');\nEND",
    "CREATE TRIGGER paper_files_keep BEFORE UPDATE ON paper_files BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: the file of a paper is never changed');\nEND",
    "CREATE TRIGGER paper_files_stay BEFORE DELETE ON paper_files BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: the file of a paper is never deleted');\nEND",
]


@event.listens_for(PaperFile.__table__, "after_create")
def _seal(table: Any, connection: Connection, **_more: Any) -> None:
    for trigger in LEDGER_TRIGGERS:
        connection.exec_driver_sql(trigger)


@dataclass(frozen=True)
class Fault:
    """A link that does not hold: the paper's number (or the ledger's part), and what is wrong."""

    where: str
    what: str


def issue(kind: Kind, facts: Facts, case_id: int, now: datetime) -> Paper:
    """Seal a new invoice or no-charge note, inside the caller's ``db.writing()``.

    Raises Invalid naming each thing missing (no number is consumed then), and InvoiceSealed when the clock
    stands before the last paper, or is known to be wrong.
    """
    if kind is Kind.CREDIT_NOTE:
        raise ValueError("a credit note comes from credit()")
    facts = from_json(Facts, to_json(facts))   # what will be read back: signs that cannot be printed are gone
    missing = wanting(kind, facts)
    if missing:
        raise Invalid(_("Il manque de quoi établir ce document."), missing)
    return _append(kind, facts, case_id, now, _totals(facts))


def credit(paper: Paper, now: datetime, reason: str, taken: Mapping[int, int] | None = None) -> Paper:
    """Seal a credit note on an invoice: on all that is left of it, or on ``taken``: place of the line -> cents with
    tax. ``reason`` is printed and kept for ten years.

    Raises InvoiceSealed when the paper is no invoice or nothing is left of it, Invalid for more than is left.
    """
    if paper.kind != Kind.INVOICE:
        raise InvoiceSealed(_("Seule une facture peut être annulée par un avoir."))
    left = left_of(paper)
    if not sum(left):
        number = credits_of(paper)[-1].number
        raise InvoiceSealed(_("Cette facture a déjà été annulée par l’avoir {number}.", number=number))
    wanted = {place: cents for place, cents in enumerate(left) if cents} if taken is None else dict(taken)
    _must_fit(wanted, left, reason)
    old = read(paper)
    lines = tuple(_taken(old.facts.lines[place], wanted[place]) for place in sorted(wanted))
    facts = replace(old.facts, lines=lines, paid=0, paid_how="", due_on=_due_on(old.facts, now), confirmed=None)
    whole = wanted == {place: line.gross for place, line in enumerate(old.facts.lines) if line.gross}
    corrected = Corrected(old.number, old.issued_at, reason, tuple(sorted(wanted)), whole)
    totals = _totals(facts, _price_left(paper, old))
    return _append(Kind.CREDIT_NOTE, facts, paper.case_id, now, totals, (paper.id, corrected))


def _must_fit(wanted: Mapping[int, int], left: tuple[int, ...], reason: str) -> None:
    wrong = {}
    if not reason.strip():
        wrong["reason"] = _("Il manque le motif de l’avoir.")
    if not wanted or any(place not in range(len(left)) or not 0 < wanted[place] <= left[place] for place in wanted):
        wrong["lines"] = _("Un avoir ne peut pas dépasser ce qui reste de la facture.")
    if wrong:
        raise Invalid(next(iter(wrong.values())), wrong)


def _due_on(facts: Facts, now: datetime) -> date | None:
    """Between businesses the paper must have a day; for everybody else a credit note is not to be paid."""
    return now.astimezone(ZoneInfo(facts.zone)).date() if facts.buyer.is_business else None


def _taken(line: Line, cents: int) -> Line:
    """What is taken back of a line: the line itself, or a part of its price."""
    return line if cents == line.gross else replace(line, quantity=1, price=cents, discount=0)


def credits_of(paper: Paper) -> list[Paper]:
    """The credit notes on this invoice, oldest first."""
    return list(db.session.scalars(select(Paper).where(Paper.corrects_id == paper.id).order_by(Paper.id)))


def credited(paper: Paper) -> int:
    """Cents taken back of this invoice."""
    return db.session.scalar(select(func.coalesce(func.sum(Paper.gross), 0)).where(Paper.corrects_id == paper.id)) or 0


def is_taken_back(paper: Paper) -> bool:
    """Whether nothing is left of this invoice."""
    return paper.kind == Kind.INVOICE and credited(paper) >= paper.gross


def left_of(paper: Paper) -> tuple[int, ...]:
    """What is left of each line of an invoice after its credit notes, in cents with tax."""
    left = [line.gross for line in read(paper).facts.lines]
    for note in map(read, credits_of(paper)):
        places = note.corrects.places if note.corrects else ()
        for place, line in zip(places or range(len(left)), note.facts.lines, strict=True):
            left[place] -= line.gross
    return tuple(left)


def _price_left(paper: Paper, old: Snapshot) -> dict[int, Price]:
    """What is left of an invoice's totals, by rate."""
    left = {rate.rate: rate.price for rate in old.totals.rates}
    for note in map(read, credits_of(paper)):
        for rate in note.totals.rates:
            was, gone = left[rate.rate], rate.price
            left[rate.rate] = Price(was.net - gone.net, was.vat - gone.vat, was.gross - gone.gross)
    return left


def read(paper: Paper) -> Snapshot:
    """What the paper says."""
    return from_json(Snapshot, paper.snapshot)


def of_case(case_id: int) -> list[Paper]:
    """The papers of a case, oldest first."""
    return list(db.session.scalars(select(Paper).where(Paper.case_id == case_id).order_by(Paper.id)))


def count() -> int:
    """How many papers the ledger holds."""
    return db.session.scalar(select(func.count()).select_from(Paper)) or 0


def pdf_of(paper: Paper) -> bytes | None:
    """The stored PDF: the same bytes every time; None until it was made."""
    return db.session.scalar(select(PaperFile.pdf).where(PaperFile.paper_id == paper.id))


def store_pdf(paper: Paper, pdf: bytes) -> None:
    """Keep the PDF of a paper, once, inside the caller's ``db.writing()``. The same bytes again do nothing.

    Raises InvoiceSealed when other bytes are stored already: what was handed out stands.
    """
    _must_write()
    sha256 = hashlib.sha256(pdf).hexdigest()
    stored = db.session.get(PaperFile, paper.id)
    if stored is None:
        db.session.add(PaperFile(paper_id=paper.id, sha256=sha256, pdf=pdf))
        db.session.flush()
    elif stored.sha256 != sha256:
        raise InvoiceSealed(_("Le PDF de {number} existe déjà.", number=paper.number))


def verify() -> list[Fault]:
    """Every fault of the seal, the chain, the numbers and the files, in the chain's order; [] when sound."""
    return [*broken_seals(LEDGER_TRIGGERS), *_chain_faults(), *_file_faults()]


def _append(
    kind: Kind, facts: Facts, case_id: int, now: datetime, totals: Totals,
    corrects: tuple[int, Corrected] | None = None,
) -> Paper:
    _must_write()
    last = db.session.scalar(select(Paper).order_by(Paper.id.desc()).limit(1))
    issued_at = _instant(now, last)
    series = numbering.series(kind, issued_at.astimezone(ZoneInfo(facts.zone)).year)
    position = _next_position(series)
    number = numbering.number(series, position)
    corrects_id, corrected = corrects or (None, None)
    snapshot = Snapshot(number, kind, issued_at, facts, totals, corrected)
    paper = Paper(
        id=last.id + 1 if last else 1, kind=kind.value, series=series, position=position, number=number,
        case_id=case_id, issued_at=issued_at, gross=snapshot.totals.price.gross, corrects_id=corrects_id,
        snapshot=to_json(snapshot), previous=last.hash if last else chain.FIRST,
    )
    paper.hash = _hash(paper)
    db.session.add(paper)
    db.session.flush()
    return paper


def _must_write() -> None:
    if not is_writing():
        raise RuntimeError("the ledger is written inside db.writing() only")


def _instant(now: datetime, last: Paper | None) -> datetime:
    """The date of the next paper, whole seconds: never before the last one's."""
    moment = now.astimezone(UTC).replace(microsecond=0)
    if abs(clock.ahead()) > clock.TRUSTED:
        raise InvoiceSealed(_("L’horloge de l’appareil n’est pas à l’heure : aucun document n’est daté d’ici là."))
    if last is None or moment >= last.issued_at:
        return moment
    if last.issued_at - moment > clock.TRUSTED:    # a wait for the lock, or a correction, is less
        raise InvoiceSealed(_("L’horloge de l’appareil retarde sur le dernier document : vérifiez la date et l’heure."))
    return last.issued_at


def _next_position(series: str) -> int:
    newest = db.session.scalar(
        select(Paper.position).where(Paper.series == series).order_by(Paper.position.desc()).limit(1))
    return (newest or 0) + 1


def _totals(facts: Facts, left: Mapping[int, Price] | None = None) -> Totals:
    return total([Amount(line.gross, 0 if facts.seller.franchise else line.rate) for line in facts.lines], left)


def _hash(paper: Paper) -> str:
    return chain.link(paper.previous, {
        "id": paper.id, "kind": paper.kind, "series": paper.series, "position": paper.position,
        "number": paper.number, "case_id": paper.case_id, "issued_at": paper.issued_at.isoformat(),
        "gross": paper.gross, "corrects_id": paper.corrects_id, "snapshot": paper.snapshot,
    })


def broken_seals(triggers: Iterable[str]) -> Iterator[Fault]:
    """A fault for each trigger, given as its SQL, that the base lacks or has otherwise."""
    kept = set(db.session.scalars(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")))
    for trigger in triggers:
        if trigger not in kept:
            yield Fault(trigger.split()[2], _("Ce sceau de la base manque ou a été changé."))


def _chain_faults() -> Iterator[Fault]:
    previous, reached = chain.FIRST, dict[str, int]()
    place = 0
    for paper in db.session.scalars(select(Paper).order_by(Paper.id).execution_options(yield_per=200)):
        place += 1
        reached[paper.series] = reached.get(paper.series, 0) + 1
        if paper.id != place or paper.position != reached[paper.series]:
            yield Fault(paper.number, _("Un document manque avant celui-ci."))
            place, reached[paper.series] = paper.id, paper.position
        if paper.previous != previous:
            yield Fault(paper.number, _("La chaîne est rompue avant ce document."))
        if paper.hash != _hash(paper):
            yield Fault(paper.number, _("Ce document a été changé après son émission."))
        elif not _agrees(paper):
            yield Fault(paper.number, _("Ce document ne dit pas la même chose que son enregistrement."))
        previous = paper.hash


def _agrees(paper: Paper) -> bool:
    """Whether the columns say what the snapshot says."""
    said = json.loads(paper.snapshot)  # as it stands: ten thousand of them are not made into objects
    issued, kind = datetime.fromisoformat(said["issued_at"]), Kind(said["kind"])
    year = issued.astimezone(ZoneInfo(said["facts"]["zone"])).year
    return (said["number"], kind, issued, said["totals"]["price"]["gross"], numbering.series(kind, year)) == (
        paper.number, paper.kind, paper.issued_at, paper.gross, paper.series,
    )


def _file_faults() -> Iterator[Fault]:
    rows = select(PaperFile, Paper.number).outerjoin(Paper, Paper.id == PaperFile.paper_id).order_by(PaperFile.paper_id)
    for file, number in db.session.execute(rows.execution_options(yield_per=20)):
        if number is None:
            yield Fault(f"#{file.paper_id}", _("Le document de ce PDF manque."))
        elif hashlib.sha256(file.pdf).hexdigest() != file.sha256:
            yield Fault(number, _("Le PDF de ce document a été changé."))
