"""What replaces somebody's weekly hours on a date: public holidays, and one-off days of their own."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import pairwise

import holidays
from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import settings
from shopvisio.accounts import Staff
from shopvisio.availability import DayHours
from shopvisio.db import Base, db
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import _, language


class OwnDay(Base):
    """A range of somebody's hours on one date, in minutes after local midnight; 0 to 0 is a day off."""

    __tablename__ = "own_day"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date] = mapped_column(index=True)
    opens: Mapped[int]
    closes: Mapped[int]


class OpenHoliday(Base):
    """A public holiday on which the shop keeps its weekly hours."""

    __tablename__ = "open_holiday"

    day: Mapped[date] = mapped_column(primary_key=True)


def public_holidays(first: date, last: date) -> dict[date, str]:
    """The names of the public holidays from ``first`` to ``last``, by the shop's region; none if it keeps none."""
    region = settings.get("holidays")
    found: dict[date, str] = {}
    if region != "none":
        for year in range(first.year, last.year + 1):
            found |= _of_year(region, year, language())
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


@cache
def _of_year(region: str, year: int, words: str) -> dict[date, str]:
    country, _dash, part = region.partition("-")
    known = holidays.country_holidays(
        country, subdiv=part or None, years=year, language="fr" if words == "fr" else "en_US"
    )
    return dict(known.items())


def kept_open(first: date, last: date) -> set[date]:
    """The public holidays on which the shop is open all the same."""
    return set(db.session.scalars(select(OpenHoliday.day).where(OpenHoliday.day >= first, OpenHoliday.day <= last)))


def keep_open(day: date, is_open: bool) -> None:
    """Work on a public holiday, or keep it. Raises NotFound for a day that is none."""
    if day not in public_holidays(day, day):
        raise NotFound
    db.session.execute(delete(OpenHoliday).where(OpenHoliday.day == day))
    if is_open:
        db.session.add(OpenHoliday(day=day))
    db.session.flush()


def set_day(staff: Staff, day: date, ranges: Sequence[tuple[int, int]], today: date) -> None:
    """Somebody's hours on one date, in minutes after midnight; none is a day off. Raises Invalid."""
    if day < today:
        raise Invalid(fields={"day": _("Ce jour est passé.")})
    ordered = sorted(ranges)
    if any(not 0 <= opens < closes <= 1440 for opens, closes in ordered):
        raise Invalid(fields={"hours": _("L’heure de fin vient après l’heure de début.")})
    if any(a[1] > b[0] for a, b in pairwise(ordered)):
        raise Invalid(fields={"hours": _("Deux plages se chevauchent.")})
    clear_day(staff, day)
    db.session.add_all(
        OwnDay(staff_id=staff.id, day=day, opens=opens, closes=closes) for opens, closes in ordered or [(0, 0)]
    )
    db.session.flush()


def clear_day(staff: Staff, day: date) -> None:
    """Back to their weekly hours on that date."""
    db.session.execute(delete(OwnDay).where(OwnDay.staff_id == staff.id, OwnDay.day == day))


def own_days(staff: Staff, today: date) -> dict[date, list[tuple[int, int]]]:
    """Somebody's dates to come that differ from their week, with their ranges; a day off has none."""
    rows = select(OwnDay).where(OwnDay.staff_id == staff.id, OwnDay.day >= today).order_by(OwnDay.day, OwnDay.opens)
    found: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for row in db.session.scalars(rows):
        found[row.day] += [(row.opens, row.closes)] if row.closes else []
    return dict(found)


def special(staff: Collection[int], first: date, last: date) -> Mapping[int, list[DayHours]]:
    """By staff id, the dates from ``first`` to ``last`` that do not follow the week: somebody's own days, and for the
    others the public holidays, unless the shop is open."""
    found: dict[int, list[DayHours]] = defaultdict(list)
    for row in db.session.scalars(select(OwnDay).where(OwnDay.day >= first, OwnDay.day <= last)):
        found[row.staff_id].append(DayHours(row.day, row.opens, row.closes))
    shut = set(public_holidays(first, last)) - kept_open(first, last)
    for person in staff:
        own = {special.day for special in found[person]}
        found[person] += [DayHours(day, 0, 0) for day in shut - own]
    return found
