"""From a closed case to its paper: what it says comes from the case and the settings of the day."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from shopvisio import billing, bonus, booking, calls, cases, imprint, invoices, orders, payments, settings, steps
from shopvisio.cases import Case, Part
from shopvisio.db import db
from shopvisio.i18n import _, day_year, money, use
from shopvisio.invoices import Facts, Kind, Line, Paper, Report, Tried, Visit

OUTCOME_PAPER = {"repaired": Kind.INVOICE, "not_repaired": Kind.NO_CHARGE_NOTE}


def current(case: Case) -> Paper | None:
    """The paper of the outcome as it stands: issued since the case was closed, and not taken back. The invoice of a
    repair stands when it came back under guarantee and is repaired again."""
    if case.closed_at is None or case.outcome not in OUTCOME_PAPER:
        return None
    is_again = case.returned is not None and case.outcome == "repaired"
    since = (case.created if is_again else case.closed_at).astimezone(UTC).replace(microsecond=0)
    kind = OUTCOME_PAPER[case.outcome]
    fitting = [p for p in _of_outcome(case) if p.kind == kind.value and p.issued_at >= since]
    return next((paper for paper in reversed(fitting) if not invoices.is_taken_back(paper)), None)


def _of_outcome(case: Case) -> list[Paper]:
    """The papers of the case but for those of its orders, which are another contract."""
    apart = orders.paper_ids(case)
    return [paper for paper in invoices.of_case(case.id) if paper.id not in apart]


def issue(case: Case, now: datetime) -> Paper | None:
    """The paper of the case's outcome, sealed now unless it was already; None where there is none to issue.

    Raises Invalid naming what the shop must still say; no number is used then.
    """
    kind = OUTCOME_PAPER.get(case.outcome)
    if case.state != "closed" or kind is None:
        return None
    with use(settings.get("language"), settings.zone()):
        standing = current(case)
        if standing is not None:
            return standing
        facts = _facts(case, now)
        paper = invoices.issue(kind, facts, case.id, now)
    if facts.covered:
        payments.cover(case, paper, facts.paid, now)
    return paper


def take_back(case: Case, now: datetime, spared: Paper | None = None) -> list[Paper]:
    """A credit note for each invoice of the case that still stands, but for the one that is spared."""
    standing = [
        paper
        for paper in _of_outcome(case)
        if paper.kind == Kind.INVOICE.value and not invoices.is_taken_back(paper) and paper is not spared
    ]
    for paper in standing:
        payments.uncover(case, paper, now)
    with use(settings.get("language"), settings.zone()):
        contested = _("Résultat contesté par le client")
        why = contested if case.returned is None else _("Panne revenue sous garantie et non réparée")
        return [invoices.credit(paper, now, why) for paper in standing]


def without_pdf() -> list[Paper]:
    """Sealed papers whose PDF was not made yet."""
    made = select(invoices.PaperFile.paper_id)
    return list(db.session.scalars(select(Paper).where(Paper.id.not_in(made)).order_by(Paper.id)))


def _facts(case: Case, now: datetime) -> Facts:
    repaired, today = case.outcome == "repaired", now.astimezone(settings.zone()).date()
    buyer, lines = billing.buyer(case), _lines(case) if case.outcome == "repaired" else ()
    covered = bonus.of(case, sum(line.gross for line in lines), today)
    return Facts(
        seller=imprint.seller(today),
        buyer=buyer,
        case=case.number,
        service=_("Réparation guidée à distance : {thing}", thing=case.thing or case.number),
        visits=_visits(case),
        lines=lines,
        confirmed=case.closed_at,
        due_on=today + timedelta(days=settings.get("due_days")),
        paid=covered,
        covered=_("Bonus Réparation") if covered else "",
        texts=_texts(case, lines, today) if repaired else (),
        notes=imprint.notes(today) if buyer.is_business and repaired else (),
        report=None if repaired else _report(case),
        language=settings.get("language"),
        zone=settings.get("zone"),
        test=settings.is_test(),
    )


def _texts(case: Case, lines: tuple[Line, ...], today: date) -> tuple[str, ...]:
    """The legal sentences that this paper needs, as in force today."""
    told = imprint.texts(lines, today)
    agreed = next((consent for consent in cases.consents(case) if consent.kind == "terms"), None)
    if agreed is not None:
        told.append(_("Conditions générales acceptées le {day}.", day=day_year(agreed.at)))
    return tuple(told)


def _lines(case: Case) -> tuple[Line, ...]:
    visits, entered = len(_visits(case)), billing.of(case)
    detail = _(
        "{fee} TTC, tarif unique quels que soient le temps et le nombre d’appels ({n}).",
        fee=money(case.fee, decimals=True),
        n=visits,
    )
    discount = entered.discount if entered else 0
    if entered and discount:
        detail += " " + _("Remise : {why}.", why=entered.why.rstrip("."))
    fee = Line(_("Forfait réparation en visio"), case.fee, settings.get("vat_rate"), detail=detail, discount=discount)
    sold = [part for part in case.parts if part.state in ("sent", "received") and part.price]
    rate = settings.get("parts_vat_rate")
    return (fee, *(Line(part.name, part.price, rate, detail=_part_detail(part), goods=True) for part in sold))


def _part_detail(part: Part) -> str:
    price = _("{price} TTC, prix accepté par vous", price=money(part.price, decimals=True))
    return _("{price}, réf. {reference}", price=price, reference=part.reference) if part.reference else price


def _visits(case: Case) -> tuple[Visit, ...]:
    """The calls that took place; where none was live (a repair by telephone), the time that was reserved."""
    held = []
    for appointment in booking.appointments(case):
        call = calls.find(appointment)
        if call is not None and call.started is not None:
            held.append(Visit(call.started, call.ended or call.started, appointment.staff.name))
    reserved = [Visit(a.start, a.end, a.staff.name) for a in booking.appointments(case)]
    return tuple(held or reserved[-1:])


def _report(case: Case) -> Report:
    said = case.tried or _("La réparation n’a pas pu être menée à bien à distance.")
    return Report(
        device=case.thing,
        symptom=case.symptom,
        tried=tuple(Tried(step.text, step.done) for step in steps.done(case) if step.done),
        conclusion="\n".join(line for line in (said, case.why) if line),
        next_step=cases.next_step(case),
    )
