"""The agenda: how each visit stands, and the week, for one person or for all."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import accounts, availability, booking, calendar, calls, cases, clock, settings, trials
from shopvisio.accounts import Staff
from shopvisio.availability import Span
from shopvisio.booking import Appointment, Closure
from shopvisio.calls import Call
from shopvisio.errors import NotFound
from shopvisio.i18n import _, here
from shopvisio.trials import Trial
from shopvisio.web import presence
from shopvisio.web.guard import anybody, staff

blueprint = Blueprint("agenda", __name__, url_prefix="/desk/week")

DAY = 24 * 60  # minutes
GRAIN = 5  # minutes: nothing on the grid is finer
SOON = timedelta(minutes=30)
MORNING, EVENING = 9, 18  # hours the grid shows at least


def day_of(text: str) -> date:
    """The day of an address, ``YYYY-MM-DD``. Raises NotFound for what is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    if not 2000 <= found.year <= 2999:
        raise NotFound
    return found


# -- how a visit stands


@dataclass(frozen=True)
class Row:
    """A visit as the agenda shows it: how far it is, in a word with its pill."""

    appointment: Appointment
    call: Call | None
    pill: str
    word: str
    past: bool

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.appointment.start


@dataclass(frozen=True)
class Gap:
    """A time between two openings, when nobody is there."""

    start: datetime
    until: datetime


def lines(found: Sequence[Row], day: date) -> list[Row | Gap]:
    """A day from morning to evening: its visits, and the hours in its midst when the shop is shut."""
    people = [person.id for person in accounts.everybody() if person.active]
    hours = booking.hours_during(people, day, day).values()
    opened = sorted(
        (span for own in hours for span in availability.openings(own, day, 1, settings.zone())), key=lambda s: s.start
    )
    gaps, until = [], opened[0].end if opened else None
    for span in opened:
        if until is not None and span.start > until:
            gaps.append(Gap(until, span.start))
        until = max(until or span.end, span.end)
    return sorted([*found, *gaps], key=lambda line: line.start)


def present(found: Sequence[Row], now: datetime) -> Appointment | None:
    """The visit under way, or the next one when it is near."""
    open_ones = (row.appointment for row in found if row.appointment.case.state == "booked")
    return next((one for one in open_ones if one.end > now and one.start < now + SOON), None)


def rows(found: Sequence[Appointment], now: datetime) -> list[Row]:
    """How each of these visits stands, with a handful of queries for however many."""
    known, last = calls.of_all(found), booking.last_visits([appointment.case for appointment in found])
    tried = trials.latest_of([appointment.case for appointment in found])
    return [
        _row(one, known.get(one.id), tried.get(one.case_id), last.get(one.case_id, one).id == one.id, now)
        for one in found
    ]


def _row(appointment: Appointment, call: Call | None, trial: Trial | None, is_last: bool, now: datetime) -> Row:
    pill, word = _pill(appointment, call, trial, is_last, now)
    return Row(appointment, call, pill, word, past=appointment.end < now and pill != "live")


def _pill(
    appointment: Appointment, call: Call | None, trial: Trial | None, is_last: bool, now: datetime
) -> tuple[str, str]:
    case, inside = appointment.case, presence.here(appointment.key)
    if inside["customer"]:
        return "live", _("En appel") if inside["staff"] else _("En attente")
    if case.state == "closed":
        return "ok" if case.outcome in ("repaired", "sold") else "", str(cases.OUTCOMES[case.outcome])
    if case.state != "booked":
        return "warn" if case.state in ("open", "part_accepted") else "", str(cases.STATES[case.state])
    if not is_last:
        return "", _("Appel terminé")
    if appointment.end > now:
        return trials.told(trial) if trial else ("", _("Confirmé"))
    if call and call.customer_came:
        return "warn", _("À conclure")
    return "bad", _("Client absent")


def waiting() -> list[tuple[Appointment, Call | None]]:
    """The visits whose customer is in the waiting room now, the longest wait first."""
    found = [appointment for key in presence.waiting() if (appointment := booking.find(key)) is not None]
    found = [appointment for appointment in found if not appointment.case.is_practice]  # nobody is rung for those
    known = calls.of_all(found)
    return [(appointment, known.get(appointment.id)) for appointment in sorted(found, key=lambda a: a.start)]


def handed(me: Staff, now: datetime) -> list[tuple[Appointment, str]]:
    """The visits that a colleague handed to me and that have not begun, each with who gave it."""
    mine = [one for one in booking.near(me, now) if one.case.state == "booked"]
    known = calls.of_all(mine)
    fresh = [one for one in mine if not ((call := known.get(one.id)) and call.staff_came)]
    return [(one, giver) for one in fresh if (giver := booking.handed_by(one)) and giver != me.name]


def strip(shown: date) -> list[tuple[date, int]]:
    """The days of the week around ``shown``, each with its number of visits."""
    monday = shown - timedelta(days=shown.weekday())
    counts = Counter(here(start).date() for start in booking.starts(booking.local_days(monday, 7)))
    return [(day, counts[day]) for day in (monday + timedelta(days=n) for n in range(7))]


# -- the week


@dataclass(frozen=True)
class Stretch:
    """A piece of a day on the grid: ``start`` and ``length`` in minutes after local midnight."""

    start: int
    length: int
    reason: str = ""


@dataclass(frozen=True)
class Block:
    """A visit on the grid, in one of ``lanes`` lanes beside each other."""

    row: Row
    at: Stretch
    lane: int
    lanes: int


@dataclass(frozen=True)
class Day:
    """A day of the week: when the door is open, when the shop is shut, its visits."""

    day: date
    holiday: str
    opens: list[Stretch]
    shut: list[Stretch]
    blocks: list[Block]


@blueprint.get("", defaults={"day": None})
@blueprint.get("/<day>")
@staff("desk")
def week(day: str | None) -> ResponseReturnValue:
    """The week that holds ``day`` (today), of everybody or of ``?who=`` (a colleague's key)."""
    now = clock.now()
    today = here(now).date()
    shown = day_of(day) if day else today
    monday = shown - timedelta(days=shown.weekday())
    people = [person for person in accounts.everybody() if person.active and accounts.may(person, "desk")]
    who = _who(people)
    days = _days(monday, people, who, now)
    first, last = _frame(days)
    return render_template(
        "desk/week.html",
        days=days,
        monday=monday,
        sunday=monday + timedelta(days=6),
        week_long=timedelta(days=7),
        today=today,
        minute=_minute(now),
        hours=range(first, last),
        first=first,
        last=last,
        people=people,
        who=who,
        count=sum(len(day.blocks) for day in days),
        link=lambda to: url_for("agenda.week", day=to.isoformat(), who=who.key if who else None),
    )


def _who(people: Collection[Staff]) -> Staff | None:
    key = request.args.get("who", "")
    found = next((person for person in people if person.key == key), None)
    if key and found is None:
        raise NotFound
    return found


def _days(monday: date, people: Collection[Staff], who: Staff | None, now: datetime) -> list[Day]:
    sunday, window = monday + timedelta(days=6), booking.local_days(monday, 7)
    holidays = calendar.public_holidays(monday, sunday)
    hours = booking.hours_during([person.id for person in ([who] if who else people)], monday, sunday)
    closures = booking.closures_in(window)
    found = rows(booking.of_days(monday, 7, who), now)
    zone = settings.zone()
    made = []
    for day in (monday + timedelta(days=n) for n in range(7)):
        spans = [span for own in hours.values() for span in availability.openings(own, day, 1, zone)]
        made.append(
            Day(
                day,
                holidays.get(day, ""),
                _merged(_stretch(span, day) for span in spans),
                [_closed(closure, day) for closure in closures if _is_on(closure, day)],
                _blocks([row for row in found if here(row.appointment.start).date() == day], day),
            )
        )
    return made


def _minute(moment: datetime) -> int:
    """Minutes after local midnight, on the grid's grain."""
    local = here(moment)
    return (local.hour * 60 + local.minute) // GRAIN * GRAIN


def _stretch(span: Span, day: date, reason: str = "") -> Stretch:
    """What of the span lies on the local day."""
    start = _minute(span.start) if here(span.start).date() == day else 0
    end = _minute(span.end) if here(span.end).date() == day else DAY
    return Stretch(start, max(GRAIN, end - start), reason)


def _is_on(closure: Closure, day: date) -> bool:
    return here(closure.start).date() <= day <= here(closure.end - timedelta(microseconds=1)).date()


def _closed(closure: Closure, day: date) -> Stretch:
    return _stretch(Span(closure.start, closure.end), day, closure.reason)


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same minutes without overlaps: somebody is there."""
    made: list[Stretch] = []
    for one in sorted(stretches, key=lambda stretch: stretch.start):
        if made and one.start <= made[-1].start + made[-1].length:
            before = made.pop()
            end = max(before.start + before.length, one.start + one.length)
            made.append(Stretch(before.start, end - before.start))
        else:
            made.append(one)
    return made


def _blocks(found: Sequence[Row], day: date) -> list[Block]:
    """Visits at the same time stand beside each other: each takes the first lane that is free."""
    made: list[Block] = []
    group: list[tuple[Row, Stretch, int]] = []
    ends: list[int] = []  # of each lane
    for row in found:
        at = _stretch(Span(row.appointment.start, row.appointment.end), day)
        if ends and at.start >= max(ends):
            made += [Block(*placed, lanes=len(ends)) for placed in group]
            group, ends = [], []
        lane = next((n for n, end in enumerate(ends) if end <= at.start), len(ends))
        ends[lane : lane + 1] = [at.start + at.length]
        group.append((row, at, lane))
    return made + [Block(*placed, lanes=len(ends)) for placed in group]


def _frame(days: Sequence[Day]) -> tuple[int, int]:
    """The hours that the grid shows: every opening and every visit is within."""
    inside = [stretch for day in days for stretch in (*day.opens, *(block.at for block in day.blocks))]
    first = min([MORNING * 60, *(stretch.start for stretch in inside)]) // 60
    last = -(-max([EVENING * 60, *(stretch.start + stretch.length for stretch in inside)]) // 60)
    return first, last


LANES = 8  # beside each other; more lie over the last one


@blueprint.get("/grid.css")
@anybody
def grid() -> Response:
    """The places of the grid as classes: the pages may carry no style of their own."""
    rules = [f".from-{n}{{--from:{n}}}.for-{n}{{--for:{n}}}" for n in range(0, DAY + 1, GRAIN)]
    rules += [f".first-{n}{{--first:{n * 60}}}.last-{n}{{--last:{n * 60}}}" for n in range(25)]
    rules += [f".lane-{n}{{--lane:{n}}}.lanes-{n}{{--lanes:{n}}}" for n in range(LANES + 1)]
    made = Response("\n".join(rules), mimetype="text/css")
    made.cache_control.max_age = 86400
    return made
