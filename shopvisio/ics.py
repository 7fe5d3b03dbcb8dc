"""The appointment as a calendar file (RFC 5545), or as the mail that puts it in a calendar (RFC 5546)."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from shopvisio.booking import Appointment
from shopvisio.i18n import _, zone


def of(
    appointment: Appointment, shop: str, email: str, phone: str, url: str, now: datetime, method: str = "PUBLISH"
) -> bytes:
    """One event, in the reader's zone and language; the same UID for the same appointment each time, its SEQUENCE
    raised by each change. ``method`` is PUBLISH for a file, REQUEST or CANCEL for a mail."""
    calendar = Calendar()
    calendar.add("prodid", "-//ShopVisio//FR")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = _event(appointment, shop, phone, url, now)
    if method != "PUBLISH":
        _between(event, shop, email, appointment.case.customer.name, appointment.case.customer.email)
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(appointment: Appointment, shop: str, phone: str, url: str, now: datetime) -> Event:
    case = appointment.case
    event = Event()
    event.add("uid", f"{appointment.key}@shopvisio")
    event.add("sequence", appointment.revision)
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
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
    if not appointment.cancelled:
        event.add_component(_alarm(kind))
    return event


def feed(name: str, found: Iterable[Appointment], url_of: Callable[[Appointment], str], of_all: bool) -> bytes:
    """A colleague's calendar to subscribe to, read only. It tells a calendar service no customer's name: the kind of
    visit, its case's number and the desk's page of it. The same visits give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//ShopVisio//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for appointment in found:
        calendar.add_component(_fed(appointment, url_of(appointment), of_all))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _fed(appointment: Appointment, url: str, of_all: bool) -> Event:
    case, event = appointment.case, Event()
    words = _("Réparation {number}", number=case.number) if case.is_repair else _("Achat {number}", number=case.number)
    event.add("uid", f"{appointment.key}@shopvisio")
    event.add("sequence", appointment.revision)
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    event.add("dtstamp", appointment.created)
    event.add("dtstart", appointment.start.astimezone(zone()))
    event.add("dtend", appointment.end.astimezone(zone()))
    event.add("summary", f"{appointment.staff.name.split()[0]}, {words}" if of_all else words)
    event.add("description", url)
    event.add("url", url)
    return event


def _alarm(words: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words)
    alarm.add("trigger", timedelta(minutes=-15))
    return alarm


def _between(event: Event, shop: str, email: str, customer: str, address: str) -> None:
    """Who invites whom: without it a calendar does not take a change for the same event."""
    host, guest = vCalAddress(f"mailto:{email}"), vCalAddress(f"mailto:{address}")
    host.params["CN"], guest.params["CN"] = shop, customer
    guest.params["PARTSTAT"], guest.params["RSVP"] = "ACCEPTED", "FALSE"
    event.add("organizer", host)
    event.add("attendee", guest)
