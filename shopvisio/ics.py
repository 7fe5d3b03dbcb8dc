"""The appointment as a calendar file (RFC 5545)."""

from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event, vText

from shopvisio.booking import Appointment
from shopvisio.i18n import _, zone


def of(appointment: Appointment, shop: str, phone: str, url: str, now: datetime) -> bytes:
    """One event, in the reader's zone and language; the same UID for the same appointment each time."""
    case = appointment.case
    event = Event()
    event.add("uid", f"{appointment.key}@shopvisio")
    event.add("sequence", 0)
    event.add("dtstamp", now)
    event.add("dtstart", appointment.start.astimezone(zone()))
    event.add("dtend", appointment.end.astimezone(zone()))
    kind = _("Réparation en visio") if case.is_repair else _("Achat en visio")
    event.add("summary", f"{kind} – {shop}")
    event.add(
        "description",
        _("Pour entrer : {url}\nTéléphone : {phone}\nDossier {number}", url=url, phone=phone, number=case.number),
    )
    event.add("url", url)
    event.add("location", vText(url))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", kind)
    alarm.add("trigger", timedelta(minutes=-15))
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//ShopVisio//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
