"""PURE: opening hours - closures - taken = free slots. Daylight saving lives here and nowhere else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Span:
    """From ``start`` up to, not including, ``end``: aware instants."""

    start: datetime
    end: datetime

    def meets(self, other: "Span") -> bool:
        """Whether the two share any instant."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Hours:
    """Every week on ``weekday`` (0 = Monday), from ``opens`` to ``closes`` minutes after local midnight."""

    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True)
class DayHours:
    """On ``day`` alone, instead of that day's weekly hours; ``opens`` = ``closes`` is a day off."""

    day: date
    opens: int
    closes: int


@dataclass(frozen=True)
class Rules:
    """What a service needs: its length, the pause after it, the grid of proposed starts, and the time to prepare
    before it. Pause and preparation may lie outside the opening hours."""

    length: timedelta
    pause: timedelta = timedelta(0)
    step: timedelta = timedelta(minutes=15)
    before: timedelta = timedelta(0)

    def holds(self, start: datetime) -> Span:
        """All the time that a visit from ``start`` keeps its colleague busy."""
        return Span(start - self.before, start + self.length + self.pause)


@dataclass(frozen=True)
class Slot:
    """A free start (UTC) and the ids of the staff free for it."""

    start: datetime
    staff: tuple[int, ...]


def _local(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """A wall-clock time as an instant. In the spring gap the clock has moved on: 2 h 30 is 3 h 30."""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minutes)
    return wall.astimezone(UTC)


def openings(hours: Iterable[Hours | DayHours], first: date, days: int, zone: ZoneInfo) -> Iterator[Span]:
    """The spans during which the door is open, in time order day by day."""
    ordered = sorted(hours, key=lambda h: h.opens)
    special = {h.day for h in ordered if isinstance(h, DayHours)}
    for offset in range(days):
        day = first + timedelta(days=offset)
        for h in ordered:
            is_today = h.day == day if isinstance(h, DayHours) else h.weekday == day.weekday() and day not in special
            if is_today and h.opens < h.closes:
                yield Span(_local(day, h.opens, zone), _local(day, h.closes, zone))


def _starts(span: Span, rules: Rules, busy: Sequence[Span]) -> Iterator[datetime]:
    start = span.start
    while start + rules.length <= span.end:
        wanted = rules.holds(start)
        clash = next((b for b in busy if b.meets(wanted)), None)
        if clash is None:
            yield start
            start = wanted.end + rules.before
        else:  # go on at the first step after what is in the way
            steps = -(-(clash.end + rules.before - start) // rules.step)
            start += max(1, steps) * rules.step


def free(
    hours: Mapping[int, Sequence[Hours | DayHours]],
    closures: Sequence[Span],
    taken: Mapping[int, Sequence[Span]],
    rules: Rules,
    first: date,
    days: int,
    zone: ZoneInfo,
    earliest: datetime,
    latest: datetime,
) -> list[Slot]:
    """The free slots of ``days`` local days from ``first``, starting within earliest..latest.

    ``hours`` and ``taken`` are by staff id; ``taken`` spans already hold their own pauses.
    """
    found: dict[datetime, list[int]] = {}
    for staff, weekly in hours.items():
        busy = sorted([*closures, *taken.get(staff, ())], key=lambda s: s.start)
        for span in openings(weekly, first, days, zone):
            near = [b for b in busy if b.start < span.end + rules.pause and b.end > span.start - rules.before]
            for start in _starts(span, rules, near):
                if earliest <= start <= latest:
                    found.setdefault(start, []).append(staff)
    return [Slot(start, tuple(sorted(found[start]))) for start in sorted(found)]


def who_fits(
    hours: Mapping[int, Sequence[Hours | DayHours]],
    closures: Sequence[Span],
    taken: Mapping[int, Sequence[Span]],
    rules: Rules,
    start: datetime,
    zone: ZoneInfo,
) -> tuple[int, ...]:
    """The ids of the staff who could serve from ``start``, on the grid of proposed starts or not."""
    visit = Span(start, start + rules.length)
    wanted = rules.holds(start)
    day = start.astimezone(zone).date() - timedelta(days=1)  # hours may run past midnight

    def fits(staff: int) -> bool:
        is_open = any(o.start <= visit.start and visit.end <= o.end for o in openings(hours[staff], day, 2, zone))
        return is_open and not any(busy.meets(wanted) for busy in [*closures, *taken.get(staff, ())])

    return tuple(staff for staff in sorted(hours) if fits(staff))
