"""How a visit's connections went, for eyes: lines to draw in a box of 100 by 100, and a table that says the same."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.support import LazyProxy

from shopvisio import booking, calls, figures
from shopvisio.booking import Appointment
from shopvisio.cases import Case
from shopvisio.figures import Figures, Point, Summary
from shopvisio.i18n import _, decimal, lazy

GAP = 45  # seconds without a sample that break a line: nobody was connected


@dataclass(frozen=True)
class Measure:
    """One measure of everybody: its unit, its scale's end, and an SVG path for each side."""

    name: LazyProxy
    unit: str
    top: int
    paths: list[tuple[str, str]]  # the side's word, then the path


@dataclass(frozen=True)
class Side:
    """One person in figures. ``word`` is customer, staff or guest."""

    word: str
    name: str
    setup: int | None  # ms
    summary: Summary


@dataclass(frozen=True)
class Chart:
    """One visit. ``cuts`` are the places, 0 to 100, where a side's connection was made anew."""

    appointment: Appointment
    began: datetime
    ended: datetime
    sides: list[Side]
    measures: list[Measure]
    cuts: list[tuple[str, float]]

    @property
    def table(self) -> list[tuple[LazyProxy, list[str]]]:
        """The same in words: what it is, and a cell for each side."""
        return [(name, [words(side) for side in self.sides]) for name, words in ROWS]


MEASURES: tuple[tuple[LazyProxy, str, int, Callable[[Point], float | None]], ...] = (
    (lazy("Aller-retour"), "ms", 200, lambda point: point.rtt),
    (lazy("Pertes"), "%", 5, lambda point: point.loss / 10),
    (lazy("Débit reçu"), "kbit/s", 500, lambda point: point.received),
)


def _name(row: Figures) -> str:
    """Short: it heads a column."""
    return _("Client") if row.role == "customer" else row.name.split(" ")[0]


def _known(value: float | None, words: Callable[[float], str]) -> str:
    return "–" if value is None else words(value)


def _trips(side: Side) -> str:
    worst = side.summary.rtt_worst
    return _known(side.summary.rtt, lambda mean: _("{mean} ms et {worst} ms", mean=int(mean), worst=worst))


def _rates(side: Side) -> str:
    return _("{received} et {sent} kbit/s", received=side.summary.received, sent=side.summary.sent)


ROWS: tuple[tuple[LazyProxy, Callable[[Side], str]], ...] = (
    (lazy("Première image après"), lambda side: _known(side.setup, lambda ms: _("{n} s", n=decimal(ms / 1000)))),
    (lazy("Aller-retour, moyen et pire"), _trips),
    (lazy("Paquets perdus"), lambda side: _known(side.summary.loss, lambda share: _("{n} %", n=decimal(share)))),
    (lazy("Débit reçu et envoyé"), _rates),
    (lazy("Sans image envoyée"), lambda side: _("{n} s", n=side.summary.voice)),
    (lazy("Reconnexions"), lambda side: str(side.summary.redials)),
    (lazy("Images figées"), lambda side: str(side.summary.freezes)),
)


def of_case(case: Case) -> list[Chart]:
    """A chart for each visit that has figures, the latest first."""
    found = [_chart(appointment) for appointment in booking.appointments(case)]
    return [chart for chart in reversed(found) if chart is not None]


def _chart(appointment: Appointment) -> Chart | None:
    call = calls.find(appointment)
    rows = [row for row in figures.of_call(call) if row.points] if call else []
    came = [at for at in (call.customer_came, call.staff_came) if at] if call else []
    if not rows or not came:
        return None
    length = max(max(row.points[-1].at for row in rows), 10)
    return Chart(
        appointment=appointment,
        began=min(came),
        ended=min(came) + timedelta(seconds=length),
        sides=[Side(row.role, _name(row), row.setup, figures.summary(row.points)) for row in rows],
        measures=[_measure(*measure, rows, length) for measure in MEASURES],
        cuts=[(row.role, _x(point.at, length)) for row in rows for point in row.points if point.redials],
    )


def _measure(
    name: LazyProxy, unit: str, least: int, value: Callable[[Point], float | None], rows: Sequence[Figures], length: int
) -> Measure:
    most = max(value(point) or 0 for row in rows for point in row.points)
    top = _round(max(math.ceil(most), least))
    return Measure(name, unit, top, [(row.role, _path(row.points, value, length, top)) for row in reversed(rows)])


def _path(points: Sequence[Point], value: Callable[[Point], float | None], length: int, top: int) -> str:
    """A line from point to point, lifted where nothing is known."""
    drawn, last = [], -GAP
    for point in points:
        height = value(point)
        if height is None:
            continue
        word = "L" if point.at - last < GAP * point.samples else "M"
        drawn.append(f"{word}{_x(point.at, length):.1f} {100 - 100 * height / top:.1f}")
        last = point.at
    return " ".join(["M" + drawn[0][1:], *drawn[1:]]) if drawn else ""


def _x(at: int, length: int) -> float:
    return 100 * at / length


def _round(value: int) -> int:
    """The next 1, 2 or 5 with zeros behind."""
    size: int = 10 ** (len(str(value)) - 1)
    return next(step * size for step in (1, 2, 5, 10) if step * size >= value)
