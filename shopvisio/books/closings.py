"""Closings: what a day, a month and a year came to, and what all came to since the first; chained, never changed.

A day is closed a quarter of an hour after its end, in the shop's zone, whether anything was sold or not. What is closed
takes no further paper and no further payment.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, UniqueConstraint, event, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import settings
from shopvisio.books.sums import NOTHING, add, of_payments, of_snapshots
from shopvisio.db import Base, db
from shopvisio.i18n import _
from shopvisio.invoices import Fault, Paper, broken_seals, chain
from shopvisio.payments import Payment

MARGIN = timedelta(minutes=15)  # more than a clock is ever put back
PERPETUAL = ("invoiced", "credited", "received", "given_back")


class Closing(Base):
    """One closing. ``kind`` is day, month or year; ``period`` its name (2026-11-25, 2026-11, 2026); ``totals`` JSON."""

    __tablename__ = "closing"
    __table_args__ = (UniqueConstraint("kind", "period"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # its place in the chain, from 1
    kind: Mapped[str]
    period: Mapped[str]
    until: Mapped[datetime]  # the end of the period
    closed_at: Mapped[datetime]
    totals: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]

    @property
    def told(self) -> dict[str, Any]:
        """Its figures, in cents; see ``sums``."""
        return dict(json.loads(self.totals))


BOOK_TRIGGERS = [
    """CREATE TRIGGER closing_follow BEFORE INSERT ON closing BEGIN
  SELECT RAISE(ABORT, 'sealed: a gap in the closings')
    WHERE NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM closing);
  SELECT RAISE(ABORT, 'sealed: a broken chain')
    WHERE NEW.previous IS NOT coalesce((SELECT hash FROM closing ORDER BY id DESC LIMIT 1), printf('%064d', 0));
END""",
    "CREATE TRIGGER closing_keep BEFORE UPDATE ON closing BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: a closing is never changed');\nEND",
    "CREATE TRIGGER closing_stay BEFORE DELETE ON closing BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: a closing is never deleted');\nEND",
    "CREATE TRIGGER closing_bars_papers BEFORE INSERT ON papers\n"
    "WHEN NEW.issued_at < (SELECT max(until) FROM closing) BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: this day is closed');\nEND",
    "CREATE TRIGGER closing_bars_payments BEFORE INSERT ON payment\n"
    "WHEN NEW.at < (SELECT max(until) FROM closing) BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: this day is closed');\nEND",
]


@event.listens_for(Closing.__table__, "after_create")
def _seal(table: Any, connection: Connection, **_more: Any) -> None:
    for trigger in BOOK_TRIGGERS:
        connection.exec_driver_sql(trigger)


# -- what is written


def close_due(now: datetime) -> list[Closing]:
    """Close every day that is over and not closed yet, and the months and years that end with them."""
    made = []
    day = _first_open_day()
    while day is not None and _midnight(day + timedelta(days=1)) + MARGIN <= now:
        made.append(_close_day(day, now))
        after = day + timedelta(days=1)
        if after.month != day.month:
            made.append(_close_sum("month", f"{day:%Y-%m}", "day", now))
        if after.year != day.year:
            made.append(_close_sum("year", f"{day:%Y}", "month", now))
        day = after
    return made


def next_close(now: datetime) -> datetime:
    """When the day that runs may be closed."""
    return _midnight(now.astimezone(settings.zone()).date() + timedelta(days=1)) + MARGIN


def _first_open_day() -> date | None:
    last = _last("day")
    if last is not None:
        return date.fromisoformat(last.period) + timedelta(days=1)
    firsts = (db.session.scalar(select(func.min(Paper.issued_at))), db.session.scalar(select(func.min(Payment.at))))
    first = min((moment for moment in firsts if moment is not None), default=None)
    return first.astimezone(settings.zone()).date() if first else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), settings.zone()).astimezone(UTC)


def _last(kind: str) -> Closing | None:
    return db.session.scalar(select(Closing).where(Closing.kind == kind).order_by(Closing.id.desc()).limit(1))


def _close_day(day: date, now: datetime) -> Closing:
    before = _last("day")
    until = _midnight(day + timedelta(days=1))
    return _append("day", day.isoformat(), until, _day_totals(before.told if before else NOTHING, until), now)


def _day_totals(before: dict[str, Any], until: datetime | None) -> dict[str, Any]:
    """What came after the last closed day, up to ``until``."""
    papers, lines = _papers_after(before["last_paper"]), _lines_after(before["last_payment"])
    return _continued(add(of_snapshots(_up_to(until, papers)), of_payments(_up_to(until, lines))), before)


def _papers_after(place: int) -> Select[datetime, int, str, str]:
    """When each was issued, then what the sums need of it."""
    papers = select(Paper.issued_at, Paper.id, Paper.kind, Paper.snapshot)
    return papers.where(Paper.id > place).order_by(Paper.id)


def _lines_after(place: int) -> Select[datetime, int, str, int, str]:
    """When each was paid, then what the sums need of it."""
    lines = select(Payment.at, Payment.id, Payment.method, Payment.cents, Paper.kind)
    return lines.join(Paper, Paper.id == Payment.paper_id).where(Payment.id > place).order_by(Payment.id)


def _up_to(until: datetime | None, found: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """The rows without their first column, an instant that never goes back: what comes later is not even read."""
    with db.session.execute(found.execution_options(yield_per=100)) as rows:
        for at, *told in rows:
            if until is not None and at >= until:
                return
            yield tuple(told)


def _day_by_day(untils: Sequence[datetime], found: Select[*tuple[Any, ...]]) -> Iterator[list[Any]]:
    """The same for one closed day after another, all of them read once."""
    with db.session.execute(found.execution_options(yield_per=100)) as rows:
        row = next(rows, None)
        for until in untils:
            day = []
            while row is not None and row[0] < until:
                day.append(row[1:])
                row = next(rows, None)
            yield day


def _continued(found: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    received, given = sum(found["received"].values()), sum(found["given_back"].values())
    grown = {"invoiced": found["invoiced"], "credited": found["credited"], "received": received, "given_back": given}
    found["perpetual"] = {name: before["perpetual"][name] + grown[name] for name in PERPETUAL}
    found["last_paper"] = found["last_paper"] or before["last_paper"]
    found["last_payment"] = found["last_payment"] or before["last_payment"]
    return found


def _close_sum(kind: str, period: str, of: str, now: datetime) -> Closing:
    parts = list(
        db.session.scalars(
            select(Closing).where(Closing.kind == of, Closing.period.startswith(f"{period}-")).order_by(Closing.id)
        )
    )
    return _append(kind, period, parts[-1].until, _sum(parts), now)


def _sum(parts: Sequence[Closing]) -> dict[str, Any]:
    found = add(*(part.told for part in parts))
    found["perpetual"] = parts[-1].told["perpetual"]
    return found


def _append(kind: str, period: str, until: datetime, totals: dict[str, Any], now: datetime) -> Closing:
    last = db.session.scalar(select(Closing).order_by(Closing.id.desc()).limit(1))
    closing = Closing(
        id=last.id + 1 if last else 1,
        kind=kind,
        period=period,
        until=until,
        closed_at=now.astimezone(UTC),
        totals=chain.canonical(totals),
        previous=last.hash if last else chain.FIRST,
    )
    closing.hash = link(closing)
    db.session.add(closing)
    db.session.flush()
    return closing


def link(closing: Closing) -> str:
    """The hash that seals this closing to the one before."""
    told = {
        "id": closing.id,
        "kind": closing.kind,
        "period": closing.period,
        "until": closing.until.isoformat(),
        "closed_at": closing.closed_at.isoformat(),
        "totals": closing.totals,
    }
    return chain.link(closing.previous, told)


# -- what is read


def closed(kind: str, within: str = "") -> list[Closing]:
    """The closings of this kind whose period lies within another's name, the newest first."""
    rows = select(Closing).where(Closing.kind == kind, Closing.period.startswith(within)).order_by(Closing.id.desc())
    return list(db.session.scalars(rows))


def so_far(within: str = "") -> dict[str, Any]:
    """What is not closed yet, with the closed days of the period it belongs to (``2026-11``); all of it as totals."""
    before = _last("day")
    running = _day_totals(before.told if before else NOTHING, None)
    if not within:
        return running
    whole = add(*(closing.told for closing in closed("day", within)), running)
    whole["perpetual"] = running["perpetual"]
    return whole


def verify() -> list[Fault]:
    """Every fault of the closings: seal, chain, and figures that the ledger does not bear out; [] when sound."""
    return [*broken_seals(BOOK_TRIGGERS), *_chain_faults()]


def _chain_faults() -> Iterator[Fault]:
    previous, before = chain.FIRST, NOTHING
    parts: dict[str, list[Closing]] = {"day": [], "month": []}
    closings = db.session.scalars(select(Closing).order_by(Closing.id)).all()
    untils = [closing.until for closing in closings if closing.kind == "day"]
    papers, lines = _day_by_day(untils, _papers_after(0)), _day_by_day(untils, _lines_after(0))
    for place, closing in enumerate(closings, 1):
        where = _("clôture {period}", period=closing.period)
        if closing.id != place or closing.previous != previous:
            yield Fault(where, _("La chaîne est rompue avant cette ligne."))
        if closing.hash != link(closing):
            yield Fault(where, _("Cette ligne a été changée après coup."))
        if closing.kind == "day":
            right = _continued(add(of_snapshots(next(papers)), of_payments(next(lines))), before)
            before = closing.told
        else:
            of = "day" if closing.kind == "month" else "month"
            right = _sum([part for part in parts[of] if part.period.startswith(f"{closing.period}-")])
        if closing.kind in parts:
            parts[closing.kind].append(closing)
        if chain.canonical(right) != closing.totals:
            yield Fault(where, _("Ces sommes ne sont pas celles des papiers et des paiements."))
        previous = closing.hash
