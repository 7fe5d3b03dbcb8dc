"""Languages and formats: what eyes see. French is the language of the sources; each folder of ``translations`` is
another one, and offered by being there."""

import gettext
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy

NB = "\u00a0"
LOCALES = {"fr": "fr_FR", "en": "en_GB"}  # a language that is not here is its own locale
_CATALOGUES = Path(__file__).parent / "translations"
_TIED = re.compile(r" (?=[:;?!»€%])|(?<=«) |(?<=\d) (?=\d)")  # the spaces of French that no line may break at


def _own_name(code: str) -> str:
    name = Locale.parse(code).get_language_name(code) or code
    return name[:1].upper() + name[1:]


LANGUAGES = {
    code: _own_name(code) for code in ("fr", *sorted(path.parent.parent.name for path in _CATALOGUES.glob("*/*/*.po")))
}


@dataclass(frozen=True)
class Eyes:
    """Who reads: a language of LANGUAGES and a time zone."""

    language: str
    zone: ZoneInfo


_eyes: ContextVar[Eyes] = ContextVar("eyes", default=Eyes("fr", ZoneInfo("Europe/Paris")))  # noqa: B039 - frozen


def set_eyes(language: str, zone: ZoneInfo) -> None:
    """From here on, in this greenlet, texts and times are for this reader."""
    _eyes.set(Eyes(language if language in LANGUAGES else "fr", zone))


@contextmanager
def use(language: str, zone: ZoneInfo) -> Iterator[None]:
    """Inside, texts and times are for this reader."""
    before = _eyes.set(Eyes(language if language in LANGUAGES else "fr", zone))
    try:
        yield
    finally:
        _eyes.reset(before)


def language() -> str:
    """The reader's language."""
    return _eyes.get().language


def zone() -> ZoneInfo:
    """The reader's time zone."""
    return _eyes.get().zone


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    source = _CATALOGUES / code / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def _french(text: str) -> str:
    """The text with no-break spaces where French wants them. None is added, so an address or an hour stays as it is."""
    return _TIED.sub(NB, text)


def _(text: str, **values: object) -> str:
    """The text in the reader's language, ``{names}`` filled in."""
    found = _catalogue(language()).gettext(text) if text else ""  # gettext("") is the catalogue's head
    if language() == "fr":
        found = _french(found)
    return found.format(**values) if values else found


def n_(one: str, many: str, n: int, **values: object) -> str:
    """The text for one or for many, ``{n}`` filled in. French counts 0 as one."""
    found = _catalogue(language()).ngettext(one, many, n)
    if language() == "fr":
        found = _french(one if abs(n) < 2 else many)
    return found.format(n=n, **values)


def lazy(text: str) -> LazyProxy:
    """A text translated when it is read: for tables and form labels made at import."""
    return LazyProxy(_, text, enable_cache=False)


def _locale() -> Locale:
    return Locale.parse(LOCALES.get(language(), language()))


def here(moment: datetime) -> datetime:
    """The instant on the reader's clock."""
    return moment.astimezone(zone())


def time(moment: datetime, at: ZoneInfo | None = None) -> str:
    """``9 h 45``, ``17 h``, on the reader's clock or another."""
    local = moment.astimezone(at) if at else here(moment)
    if language() == "fr":
        return f"{local.hour}{NB}h{NB}{local.minute:02}" if local.minute else f"{local.hour}{NB}h"
    return dates.format_time(local, "HH:mm", tzinfo=local.tzinfo, locale=_locale())


def _on_day(moment: datetime | date, pattern: str) -> str:
    day = here(moment).date() if isinstance(moment, datetime) else moment
    if language() == "fr" and day.day == 1:
        pattern = pattern.replace("d", "d'er'")
    return dates.format_date(day, pattern, locale=_locale())


def day(moment: datetime | date) -> str:
    """``mercredi 25 novembre``."""
    return _on_day(moment, "EEEE d MMMM")


def day_year(moment: datetime | date) -> str:
    """``25 novembre 2026``: for papers."""
    return _on_day(moment, "d MMMM y")


def month(moment: datetime | date) -> str:
    """``novembre 2026``."""
    return _on_day(moment, "LLLL y")


def day_short(moment: datetime | date) -> str:
    """``25 nov.``"""
    return _on_day(moment, "d MMM")


def month_short(day: date) -> str:
    """``nov. 26``: under a plot."""
    return _on_day(day, "MMM yy")


def weekday_short(moment: datetime | date) -> str:
    """``mer. 25``: where seven stand in a row."""
    return _on_day(moment, "EEE d")


def when(moment: datetime) -> str:
    """``mercredi 25 novembre, 9 h 45``."""
    return f"{day(moment)}, {time(moment)}"


def decimal(value: float) -> str:
    """``0,3``: one place, none where it says nothing."""
    return numbers.format_decimal(round(value, 1), "#,##0.#", locale=_locale())


@cache
def clock_in(key: str) -> ZoneInfo:
    """The clock of a zone that there is: Python itself keeps but eight of them, and reads the others anew each time."""
    return ZoneInfo(key)


def theirs(moment: datetime, key: str, on: Callable[[date], str] = weekday_short) -> str:
    """The instant on another clock, ``5 h``, after its day when that differs; empty for a zone that is unknown, or
    where clocks show the same."""
    if key not in zones():
        return ""
    there, local = moment.astimezone(clock_in(key)), here(moment)
    if there.utcoffset() == local.utcoffset():
        return ""
    shown = time(there, clock_in(key))
    return shown if there.date() == local.date() else f"{on(there.date())}, {shown}"


def place(key: str) -> str:
    """What a zone is called after: ``Cayenne``."""
    return _place(key, _locale())


@cache
def _place(key: str, locale: Locale) -> str:
    return dates.get_timezone_location(clock_in(key), locale, return_city=True)


def elsewhere(moment: datetime, key: str) -> str:
    """``5 h, heure de Cayenne``; empty where :func:`theirs` is."""
    shown = theirs(moment, key, day)
    return _("{time}, heure de {place}", time=shown, place=place(key)) if shown else ""


@cache
def zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones())


def money(cents: int, decimals: bool = False) -> str:
    """Cents in euros: ``29 €`` and ``29,90 €`` on screen; with ``decimals`` always two: ``29,00 €``."""
    locale = _locale()
    pattern = locale.currency_formats["standard"].pattern
    if not decimals and cents % 100 == 0:
        pattern = pattern.replace("0.00", "0")
    return numbers.format_currency(cents / 100, "EUR", pattern, locale, currency_digits=False)


def joined(words: Sequence[str]) -> str:
    """``l’eau, le gaz et le courant``."""
    return lists.format_list(words, locale=_locale())
