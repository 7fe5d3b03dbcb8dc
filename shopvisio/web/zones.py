"""The customer's clock, where it is not the shop's: told by the browser (``site/zone.js``), or chosen from a list."""

from datetime import datetime

from flask import request

from shopvisio import i18n, settings

PLACES = (  # France overseas, then a well-known place for each clock: a short list that holds everybody's hour
    "America/Guadeloupe", "America/Martinique", "America/Cayenne", "America/Miquelon", "Indian/Mayotte",
    "Indian/Reunion", "Pacific/Noumea", "Pacific/Wallis", "Pacific/Tahiti", "Pacific/Marquesas",
    "Europe/Paris", "Europe/London", "Europe/Athens", "Europe/Moscow", "Atlantic/Azores", "Africa/Dakar",
    "Africa/Algiers", "Africa/Cairo", "Asia/Dubai", "Asia/Tehran", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka",
    "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "Pacific/Honolulu",
    "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York",
    "America/Halifax", "America/St_Johns", "America/Sao_Paulo",
)  # fmt: skip


def places(now: datetime) -> list[tuple[str, str]]:
    """Zones to choose from, by name: each with its place and what time it is there."""
    elsewhere = (key for key in PLACES if i18n.theirs(now, key))
    return sorted(((key, f"{i18n.place(key)}, {i18n.time(now, i18n.clock_in(key))}") for key in elsewhere), key=_name)


def _name(place: tuple[str, str]) -> str:
    return place[1]


def asked() -> str:
    """The zone in the address or the form, where it is one and not the shop's; else empty."""
    zone = request.values.get("zone", "")
    return zone if zone in i18n.zones() and zone != settings.get("zone") else ""
