"""What was typed: forms drawn from the table of settings, a week of hours, and refusals put back at their fields."""

import re
from collections.abc import Iterable, Mapping, Sequence

from babel.support import LazyProxy
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, SelectChoice, SelectField, StringField

from shopvisio import settings
from shopvisio.availability import Hours
from shopvisio.errors import Invalid
from shopvisio.i18n import _, lazy
from shopvisio.settings import Setting, Text

WEEKDAYS: tuple[LazyProxy, ...] = (
    lazy("Lundi"),
    lazy("Mardi"),
    lazy("Mercredi"),
    lazy("Jeudi"),
    lazy("Vendredi"),
    lazy("Samedi"),
    lazy("Dimanche"),
)
RANGES = 2  # of a day: morning and afternoon
_CLOCK = re.compile(r"(\d{1,2}) ?(?:[:hH] ?(\d{2})?)?")


def settings_form(names: Iterable[str]) -> type[FlaskForm]:
    """A form with one field for each of these settings, in this order."""
    return type("SettingsForm", (FlaskForm,), {name: _field(settings.SETTINGS[name]) for name in names})


def _field(setting: Setting) -> Field:
    given = {"label": setting.label, "description": setting.help}
    if setting.choices is not None:
        return SelectField(choices=choices_of({"": lazy("Choisir…"), **setting.choices}), **given)
    if setting.secret:
        return PasswordField(**given, render_kw={"autocomplete": "off"})
    return StringField(**given)


def choices_of(table: Mapping[str, Text]) -> list[SelectChoice]:
    """The words of a table, name -> label, as a field offers them."""
    return [SelectChoice(value=name, label=label) for name, label in table.items()]


def shown(name: str) -> str:
    """The setting's value as its form shows it; a secret is never shown."""
    setting = settings.SETTINGS[name]
    return "" if setting.secret else setting.show(settings.get(name))


def blame(form: FlaskForm, refusal: Invalid) -> None:
    """Put each sentence of the refusal at its field; one that names none stands at the first."""
    fields = list(form)
    why = refusal.fields or {fields[0].short_name: refusal.message}
    for field in fields:
        if field.short_name in why:
            field.errors = [why[field.short_name]]


def minutes(text: str) -> int:
    """Minutes after midnight of ``9:00``, ``9 h``, ``18h30``, ``24:00``. Raises ValueError on anything else."""
    found = _CLOCK.fullmatch(" ".join(text.split()))
    if not found:
        raise ValueError(text)
    total = int(found[1]) * 60 + int(found[2] or 0)
    if total > 24 * 60 or int(found[2] or 0) > 59:
        raise ValueError(text)
    return total


def clock_text(minute: int) -> str:
    """``09:00``."""
    return f"{minute // 60:02}:{minute % 60:02}"


def week_names(weekday: int, place: int) -> tuple[str, str]:
    """The names of the two boxes of a day's range."""
    return f"opens-{weekday}-{place}", f"closes-{weekday}-{place}"


def week_typed(hours: Sequence[Hours]) -> dict[str, str]:
    """A week of hours as its boxes show it."""
    boxes: dict[str, str] = {}
    for weekday in range(len(WEEKDAYS)):
        ranges = sorted((h for h in hours if h.weekday == weekday), key=lambda h: h.opens)
        for place, found in enumerate(ranges[:RANGES]):
            opens, closes = week_names(weekday, place)
            boxes |= {opens: clock_text(found.opens), closes: clock_text(found.closes)}
    return boxes


def read_week(typed: Mapping[str, str]) -> list[Hours]:
    """The hours in the boxes; empty pairs are closed. Raises Invalid (field ``hours``) naming the day."""
    found = []
    for weekday, day in enumerate(WEEKDAYS):
        for place in range(RANGES):
            opens, closes = (typed.get(name, "").strip() for name in week_names(weekday, place))
            if opens or closes:
                found.append(_range(weekday, str(day), opens, closes))
    return found


def read_ranges(text: str) -> list[tuple[int, int]]:
    """The hours of one date, like ``9:00-12:00 14h-18h``; nothing typed is none. Raises Invalid (field ``hours``)."""
    try:
        pairs = [part.split("-") for part in re.sub(r"\s*[-–]\s*", "-", text).replace(",", " ").split()]
        return [(minutes(opens), minutes(closes)) for opens, closes in pairs]
    except ValueError:
        raise Invalid(fields={"hours": _("Écrivez les heures comme 9:00-12:00 14:00-18:00.")}) from None


def _range(weekday: int, day: str, opens: str, closes: str) -> Hours:
    try:
        hours = Hours(weekday, minutes(opens), minutes(closes))
    except ValueError:
        raise Invalid(fields={"hours": _("{day} : écrivez les deux heures, comme 9:00 et 12:30.", day=day)}) from None
    if hours.opens >= hours.closes:
        raise Invalid(fields={"hours": _("{day} : l’heure de fin vient après l’heure de début.", day=day)})
    return hours
