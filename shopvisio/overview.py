"""The shop by month: what was repaired, how long it took, who did not come, what customers thought."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, Select, case, column, func, select, values
from sqlalchemy.orm import QueryableAttribute

from shopvisio import settings
from shopvisio.accounts import Staff
from shopvisio.booking import Appointment
from shopvisio.calls import Call
from shopvisio.cases import BARRIERS, Case, Part
from shopvisio.db import UtcDateTime, db
from shopvisio.figures import Figures
from shopvisio.guarantee import Check
from shopvisio.invoices import Paper
from shopvisio.orders import Order
from shopvisio.ratings import Rating

MONTHS, WEEKS = 12, 12
DAY_MINUTES = 24 * 60
Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Month:
    """One month, from its first day. Counts; ``minutes`` of calls; ``rtt`` in ms and ``loss`` of a thousand packets are
    None where no call was measured."""

    first: date
    repaired: int = 0
    not_repaired: int = 0
    sold: int = 0
    not_sold: int = 0
    orders: int = 0  # placed in it, and not called off
    ordered: int = 0  # cents with tax, of these
    visits: int = 0  # of the repairs closed in it
    minutes: float = 0
    appointments: int = 0  # that are over
    missed: int = 0  # of them, those the customer did not come to
    ratings: int = 0
    stars: int = 0  # in all
    answered: int = 0  # "still working?"
    works: int = 0
    returned: int = 0
    connections: int = 0  # people in calls
    redialled: int = 0  # of them, those whose connection was made anew
    rtt: float | None = None
    loss: float | None = None

    @property
    def concluded(self) -> int:
        """The repairs that came to an end."""
        return self.repaired + self.not_repaired


@dataclass(frozen=True)
class Sales:
    """A colleague's sale visits of the last WEEKS that were concluded, and what was ordered after theirs in each week,
    the oldest first: cents with tax, cancelled orders left out."""

    name: str
    visits: int
    sold: int
    ordered: list[int]


def weeks(now: datetime) -> list[date]:
    """The Mondays of the last WEEKS, the oldest first."""
    today = now.astimezone(settings.zone()).date()
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=n) for n in reversed(range(WEEKS))]


def sales(now: datetime) -> list[Sales]:
    """What each colleague sold in the last WEEKS, who sold most first. A case is whose its latest visit was."""
    mondays, zone = weeks(now), settings.zone()
    since = datetime.combine(mondays[0], time(), zone)
    visits, sold, ordered = Counter[str](), Counter[str](), dict[str, list[int]]()
    for name, outcome in db.session.execute(_concluded(since)):
        visits[name] += 1
        sold[name] += outcome == "sold"
    for name, placed, gross in db.session.execute(_ordered(since)):
        week = (placed.astimezone(zone).date() - mondays[0]).days // 7
        ordered.setdefault(name, [0] * WEEKS)[week] += gross
    names = visits.keys() | ordered.keys()
    found = [Sales(name, visits[name], sold[name], ordered.get(name, [0] * WEEKS)) for name in names]
    return sorted(found, key=lambda one: (-sum(one.ordered), -one.sold, one.name))


def _concluded(since: datetime) -> Rows:
    ends = (Case.closed_at >= since) & Case.outcome.in_(("sold", "not_sold"))
    return _whose(select(Staff.name, Case.outcome).select_from(Case)).where(ends)


def _ordered(since: datetime) -> Rows:
    standing = (Order.placed >= since) & (Order.state != "cancelled")
    found = select(Staff.name, Order.placed, Paper.gross).select_from(Case).join(Order, Order.case_id == Case.id)
    return _whose(found.join(Paper, Paper.id == Order.paper_id)).where(standing)


def _whose(found: Rows) -> Rows:
    """Joined to the colleague of each case's latest visit."""
    latest = select(func.max(Appointment.id)).where(Appointment.case_id == Case.id, ~Appointment.cancelled)
    visit = Appointment.id == latest.correlate(Case).scalar_subquery()
    return found.join(Appointment, visit).join(Staff, Staff.id == Appointment.staff_id)


def months(now: datetime, number: int = MONTHS) -> list[Month]:
    """The last months up to this one, the oldest first."""
    spans = _spans(now, number)
    table = _table(spans)
    found: list[dict[str, Any]] = [{} for _span in spans]
    for query in (_outcomes, _orders, _work, _appointments(now), _ratings, _checks, _returned, _connections):
        for row in db.session.execute(query(table)):
            told = row._asdict()
            found[told.pop("n")] |= {name: value for name, value in told.items() if value is not None}
    zone = settings.zone()
    return [Month(first.astimezone(zone).date(), **facts) for (first, _last), facts in zip(spans, found, strict=True)]


def barriers(now: datetime) -> list[tuple[str, int]]:
    """What stood in the way of repairs over the whole time, the commonest first: (a word of BARRIERS, how often)."""
    (since, _), *_rest = _spans(now, MONTHS)
    told = select(Case.barrier, func.count()).where(Case.closed_at >= since, Case.outcome == "not_repaired")
    rows = db.session.execute(told.group_by(Case.barrier).order_by(func.count().desc(), Case.barrier))
    return [(barrier, n) for barrier, n in rows if barrier in BARRIERS]


def parts_out(now: datetime) -> tuple[int, int]:
    """How many parts are on their way to a customer, and for how many days the oldest has waited."""
    since = func.min(func.coalesce(Part.sent, Part.created))
    out = select(func.count(), since).where(Part.state.in_(("accepted", "ordered", "sent")))
    number, oldest = db.session.execute(out).one()
    return number, (now - oldest).days if oldest else 0


def _spans(now: datetime, number: int) -> list[tuple[datetime, datetime]]:
    """From and until when each local month lasts."""
    zone = settings.zone()
    today = now.astimezone(zone)
    count = today.year * 12 + today.month - 1
    firsts = [datetime(n // 12, n % 12 + 1, 1, tzinfo=zone) for n in range(count - number + 1, count + 2)]
    return list(pairwise(firsts))


def _table(spans: Sequence[tuple[datetime, datetime]]) -> CTE:
    columns = column("n", Integer), column("first", UtcDateTime), column("last", UtcDateTime)
    return values(*columns, name="month").data([(n, *span) for n, span in enumerate(spans)]).cte("months")


def _within(months: CTE, at: QueryableAttribute[Any]) -> ColumnElement[bool]:
    return (at >= months.c.first) & (at < months.c.last)


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


def _outcomes(months: CTE) -> Select[Any]:
    ends = ("repaired", "not_repaired", "sold", "not_sold")
    counts = [_count(Case.outcome == end).label(end) for end in ends]
    return select(months.c.n, *counts).join(Case, _within(months, Case.closed_at)).group_by(months.c.n)


def _orders(months: CTE) -> Select[Any]:
    placed = _within(months, Order.placed) & (Order.state != "cancelled")
    told = func.count().label("orders"), func.sum(Paper.gross).label("ordered")
    found = select(months.c.n, *told).join(Order, placed).join(Paper, Paper.id == Order.paper_id)
    return found.group_by(months.c.n)


def _work(months: CTE) -> Select[Any]:
    """The calls of the repairs that were closed in each month, whenever they took place."""
    minutes = func.sum(func.julianday(Call.ended) - func.julianday(Call.started)) * DAY_MINUTES
    return (
        select(months.c.n, func.count().label("visits"), minutes.label("minutes"))
        .join(Case, _within(months, Case.closed_at) & Case.outcome.in_(("repaired", "not_repaired")))
        .join(Appointment, Appointment.case_id == Case.id)
        .join(Call, (Call.appointment_id == Appointment.id) & Call.started.is_not(None) & Call.ended.is_not(None))
        .group_by(months.c.n)
    )


def _appointments(now: datetime) -> Callable[[CTE], Select[Any]]:
    def query(months: CTE) -> Select[Any]:
        over = ~Appointment.cancelled & _within(months, Appointment.start) & (Appointment.until <= now)
        return (
            select(
                months.c.n,
                func.count().label("appointments"),
                _count(Call.customer_came.is_(None)).label("missed"),
            )
            .join(Appointment, over)
            .outerjoin(Call, Call.appointment_id == Appointment.id)
            .group_by(months.c.n)
        )

    return query


def _ratings(months: CTE) -> Select[Any]:
    told = func.count().label("ratings"), func.sum(Rating.stars).label("stars")
    return select(months.c.n, *told).join(Rating, _within(months, Rating.at)).group_by(months.c.n)


def _checks(months: CTE) -> Select[Any]:
    told = func.count().label("answered"), _count(Check.works.is_(True)).label("works")
    asked = _within(months, Check.asked) & Check.answered.is_not(None)
    return select(months.c.n, *told).join(Check, asked).group_by(months.c.n)


def _returned(months: CTE) -> Select[Any]:
    back = select(months.c.n, func.count().label("returned")).join(Case, _within(months, Case.returned))
    return back.group_by(months.c.n)


def _connections(months: CTE) -> Select[Any]:
    return (
        select(
            months.c.n,
            func.count().label("connections"),
            _count(Figures.redials > 0).label("redialled"),
            func.avg(Figures.rtt).label("rtt"),
            func.avg(Figures.loss).label("loss"),
        )
        .join(Appointment, _within(months, Appointment.start))
        .join(Call, Call.appointment_id == Appointment.id)
        .join(Figures, Figures.call_id == Call.id)
        .group_by(months.c.n)
    )
