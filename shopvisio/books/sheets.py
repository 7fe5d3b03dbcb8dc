"""The sheets for the accountant: sales, payments, e-reporting, closings, of a month or a year."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import select

from shopvisio import settings
from shopvisio.books import fec, rows
from shopvisio.books.closings import Closing
from shopvisio.db import db
from shopvisio.errors import NotFound
from shopvisio.i18n import lazy
from shopvisio.invoices import Paper
from shopvisio.payments import METHODS, Payment

SHEETS = {
    "ventes": lazy("Ventes"),
    "paiements": lazy("Paiements"),
    "e-reporting": lazy("E-reporting"),
    "clotures": lazy("Clôtures"),
}
Span = tuple[datetime, datetime]


def span_of(period: str) -> Span:
    """From the first moment of ``2026-11`` or ``2026`` to the first after it. Raises NotFound for anything else."""
    try:
        first = date.fromisoformat(f"{period}-01" if len(period) == 7 else f"{period}-01-01")
        month = first.month % 12 + 1 if len(period) == 7 else 1
        after = first.replace(year=first.year + (month == 1), month=month)
        if first.year < 2000:
            raise ValueError(period)
    except ValueError:
        raise NotFound from None
    start, end = (datetime.combine(day, time(), settings.zone()).astimezone(UTC) for day in (first, after))
    return start, end


def sheet(name: str, period: str) -> str:
    """One of SHEETS as CSV."""
    span = span_of(period)
    return {"ventes": _sales, "paiements": _payments, "e-reporting": _report, "clotures": _closings}[name](span)


def _sales(span: Span) -> str:
    return rows.written(rows.SALES, rows.sales(_snapshots(span), settings.zone()))


def _snapshots(span: Span) -> list[str]:
    within = (Paper.issued_at >= span[0], Paper.issued_at < span[1])
    return list(db.session.scalars(select(Paper.snapshot).where(*within).order_by(Paper.id)))


def _payments(span: Span) -> str:
    methods = {name: str(label) for name, label in METHODS.items()}
    lines = (line for line, _snapshot in _journal(span))
    return rows.written(rows.PAYMENTS, rows.payments(lines, methods, settings.zone()))


def _journal(span: Span) -> list[tuple[dict[str, Any], str]]:
    """The lines of the journal of payments, each with the snapshot of its paper."""
    found = select(Payment, Paper.number, Paper.snapshot).join(Paper, Paper.id == Payment.paper_id).order_by(Payment.id)
    found = found.where(Payment.at >= span[0], Payment.at < span[1])
    return [
        (
            {
                "id": line.id,
                "at": line.at.isoformat(),
                "number": number,
                "method": line.method,
                "cents": line.cents,
                "corrects_id": line.corrects_id,
                "by": line.by,
            },
            snapshot,
        )
        for line, number, snapshot in db.session.execute(found)
    ]


def entries(year: int) -> tuple[str, str]:
    """The accounting entries of a year in the French layout: the file's name, by the law's rule, and its text."""
    span = span_of(str(year))
    siren = "".join(filter(str.isdigit, settings.get("siret")))[:9]
    accounts = {name: settings.get(f"account_{name}") for name in fec.LABELS}
    return f"{siren}FEC{year}1231.txt", fec.written(_snapshots(span), _journal(span), accounts, settings.zone())


def _report(span: Span) -> str:
    found = select(Payment.at, Paper.snapshot, Payment.cents).join(Paper, Paper.id == Payment.paper_id)
    found = found.where(Payment.at >= span[0], Payment.at < span[1]).order_by(Payment.id)
    received = [(at.isoformat(), snapshot, cents) for at, snapshot, cents in db.session.execute(found)]
    return rows.written(rows.REPORT, rows.report(_snapshots(span), received, settings.zone()))


def _closings(span: Span) -> str:
    kept = select(Closing).where(Closing.until > span[0], Closing.until <= span[1]).order_by(Closing.id)
    told = [
        {"kind": one.kind, "period": one.period, "totals": one.totals, "hash": one.hash}
        for one in db.session.scalars(kept)
    ]
    return rows.written(rows.CLOSINGS, rows.closings(told))
