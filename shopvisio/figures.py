"""How a call's connections went: for each person who was in it the set-up time and a short series, bounded.

A page samples its connection every ten seconds and sends a few samples at a time. Where a series grows beyond
``POINTS`` its neighbours are drawn together, so that a long call costs no more than a short one.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio.accounts import Actor
from shopvisio.calls import Call
from shopvisio.db import Base, db

POINTS = 240  # of a series
VOICE = 3  # the rung of voice alone


@dataclass(frozen=True)
class Point:
    """One stretch of a connection. ``rtt`` is None where nobody knew it."""

    at: int  # seconds since somebody first came into the call
    samples: int  # drawn together in it
    rtt: int | None  # ms to the other and back
    loss: int  # of a thousand packets sent to us
    received: int  # kbit/s
    sent: int  # kbit/s
    voice: int  # of its samples, those without a picture of this person
    redials: int  # connections made anew within it
    freezes: int  # times that the picture stood still within it


@dataclass(frozen=True)
class Sample:
    """What a page tells of ten seconds, that many seconds after they ended."""

    ago: int
    rtt: int | None
    loss: int
    received: int
    sent: int
    rung: int  # of the ladder: 0 a full picture, VOICE none
    redials: int
    freezes: int


@dataclass(frozen=True)
class Summary:
    """A whole series in short; None where nothing is known."""

    rtt: int | None
    rtt_worst: int | None
    loss: float | None  # per cent
    received: int | None  # kbit/s
    sent: int | None
    voice: int  # seconds without a picture of this person
    redials: int
    freezes: int


class Figures(Base):
    """One person's connection in one call. ``setup`` is ms from entering (or from the other's arrival) to the first
    picture; ``series`` is JSON, a list of points in the order of :class:`Point`."""

    __tablename__ = "figures"
    __table_args__ = (UniqueConstraint("call_id", "seat"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    seat: Mapped[str]
    role: Mapped[str]
    name: Mapped[str]
    setup: Mapped[int | None]
    series: Mapped[str] = mapped_column(default="[]")
    rtt: Mapped[int | None]  # ms, the mean of the series, for the months' figures; likewise:
    loss: Mapped[int] = mapped_column(default=0)  # of a thousand packets
    redials: Mapped[int] = mapped_column(default=0)

    call: Mapped[Call] = relationship()

    @property
    def points(self) -> list[Point]:
        """The series, in order."""
        return [Point(*values) for values in json.loads(self.series)]


def note(call: Call, actor: Actor, seat: str, setup: int | None, samples: Iterable[Sample], now: datetime) -> None:
    """Add what a page told of its connection; the first set-up time of a person stands."""
    figures = _of(call, actor, seat)
    if figures.setup is None:
        figures.setup = setup
    came = min((at for at in (call.customer_came, call.staff_came) if at), default=now)
    told = [_point(sample, now - came) for sample in samples]
    points = sorted([*figures.points, *told], key=lambda point: point.at)
    while len(points) > POINTS:
        points = [_together(points[at : at + 2]) for at in range(0, len(points), 2)]
    figures.series = json.dumps([astuple(point) for point in points], separators=(",", ":"))
    whole = summary(points)
    figures.rtt, figures.loss, figures.redials = whole.rtt, round(10 * (whole.loss or 0)), whole.redials
    db.session.flush()


def of_call(call: Call) -> list[Figures]:
    """Everybody's, the customer's first."""
    found = db.session.scalars(select(Figures).where(Figures.call_id == call.id).order_by(Figures.id))
    return sorted(found, key=lambda figures: figures.role != "customer")


def summary(points: Sequence[Point]) -> Summary:
    """A series in short, each point weighed by what was drawn together in it."""
    trips = [point for point in points if point.rtt is not None]
    loss = _mean(points, lambda point: point.loss)
    return Summary(
        rtt=_whole(_mean(trips, lambda point: point.rtt or 0)),
        rtt_worst=max((point.rtt or 0 for point in trips), default=None),
        loss=None if loss is None else loss / 10,
        received=_whole(_mean(points, lambda point: point.received)),
        sent=_whole(_mean(points, lambda point: point.sent)),
        voice=10 * sum(point.voice for point in points),
        redials=sum(point.redials for point in points),
        freezes=sum(point.freezes for point in points),
    )


def _of(call: Call, actor: Actor, seat: str) -> Figures:
    found = db.session.scalar(select(Figures).where(Figures.call_id == call.id, Figures.seat == seat))
    if found is None:
        found = Figures(call=call, seat=seat, role=actor.kind, name=actor.name, series="[]", loss=0, redials=0)
        db.session.add(found)
        db.session.flush()
    return found


def _point(sample: Sample, since: timedelta) -> Point:
    at = max(0, round(since.total_seconds()) - sample.ago)
    return Point(
        at=at,
        samples=1,
        rtt=sample.rtt,
        loss=sample.loss,
        received=sample.received,
        sent=sample.sent,
        voice=int(sample.rung == VOICE),
        redials=sample.redials,
        freezes=sample.freezes,
    )


def _together(points: Sequence[Point]) -> Point:
    """Neighbours as one."""
    trips = [point for point in points if point.rtt is not None]
    return Point(
        at=points[0].at,
        samples=sum(point.samples for point in points),
        rtt=_whole(_mean(trips, lambda point: point.rtt or 0)),
        loss=_whole(_mean(points, lambda point: point.loss)) or 0,
        received=_whole(_mean(points, lambda point: point.received)) or 0,
        sent=_whole(_mean(points, lambda point: point.sent)) or 0,
        voice=sum(point.voice for point in points),
        redials=sum(point.redials for point in points),
        freezes=sum(point.freezes for point in points),
    )


def _mean(points: Sequence[Point], of: Callable[[Point], int]) -> float | None:
    weight = sum(point.samples for point in points)
    return sum(of(point) * point.samples for point in points) / weight if weight else None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
