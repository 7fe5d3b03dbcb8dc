"""The jobs that write to people, and the one that makes papers: what happened -> who is told, and how.

Each handler runs outside any write, reads what is true now, and does nothing when the moment has passed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from shopvisio import (
    audit,
    baskets,
    booking,
    books,
    calls,
    cases,
    codes,
    guarantee,
    holds,
    hub,
    ics,
    inquiries,
    intake,
    invitations,
    invoices,
    legal,
    mail,
    papers,
    parts,
    pictures,
    pieces,
    ratings,
    reports,
    resets,
    settings,
    signins,
    sms,
)
from shopvisio.accounts import APPLIANCE, Staff
from shopvisio.booking import Appointment
from shopvisio.calls import Call
from shopvisio.cases import Case, Part
from shopvisio.config import Config
from shopvisio.db import db, writing
from shopvisio.errors import MailFailed
from shopvisio.i18n import use
from shopvisio.inquiries import Inquiry
from shopvisio.intake import Draft
from shopvisio.invoices import Paper
from shopvisio.jobs import Handler, enqueue
from shopvisio.mail import Mail
from shopvisio.orders import Order

RENDER_SECONDS = 60
ARCHIVE_SECONDS = 400
BY_SMS = ("confirmation", "moved", "cancelled", "reminder", "late")  # in short, to who has no mail or has no time


@dataclass(frozen=True)
class Letters:
    """The handlers; ``case_url`` writes a customer's link, ``hold_url`` the one that confirms a booking, ``desk_url``
    the staff's address of a case."""

    config: Config
    case_url: Callable[[Case], str]
    hold_url: Callable[[Draft], str]
    desk_url: Callable[[Case], str]

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind of job."""
        return {
            "confirmation": self.confirmation,
            "hold": self.hold,
            "inquiry": self.inquiry,
            "moved": self.moved,
            "cancelled": self.cancelled,
            "reminder": self.reminder,
            "handed-over": self.handed_over,
            "late": self.late,
            "missed": self.missed,
            "withdrawn": self.withdrawn,
            "ask-answer": self.ask_answer,
            "ask-part": self.ask_part,
            "part-accepted": self.part_accepted,
            "part-sent": self.part_sent,
            "still-working": self.still_working,
            "repaired-again": self.repaired_again,
            "part-dropped": self.part_dropped,
            "part-unfitted": self.part_unfitted,
            "nudge": self.nudge,
            "turned": self.turned,
            "recap": self.recap,
            "order": self.order,
            "tell-staff": self.tell_staff,
            "paper": self.paper,
            "credit": self.credit,
            "report": self.report,
            "pdf": self.pdf,
            "mail": self.mail,
            "close-books": self.close_books,
            "archive": self.archive,
            "tidy": self.tidy,
        }

    def _to_customer(self, name: str, case: Case, now: datetime, **facts: Any) -> None:
        if sms.is_configured() and _goes_by_sms(name, case, facts):
            to, read_in = case.customer.phone, case.customer.language
            mail.compose_short(name, to, read_in, now, case.id, url=self.case_url(case), **facts)
        if not case.customer.email:
            return  # booked on the telephone by somebody without one: the shop dictates or prints their link
        mail.compose(
            name,
            case.customer.email,
            case.customer.language,
            now,
            case_id=case.id,
            case=case,
            url=self.case_url(case),
            **facts,
        )

    def confirmation(self, facts: dict[str, Any], now: datetime) -> None:
        """A visit was booked: the customer has it in writing, the colleague is told."""
        with writing():
            appointment = db.session.get_one(Appointment, facts["appointment"])
            if appointment.cancelled:
                return
            if not facts.get("quiet"):
                self._with_calendar("confirmation", appointment, "REQUEST", now, _agreed(appointment))
            self._to_staff(appointment.case, "booked", appointment.staff, now)

    def hold(self, facts: dict[str, Any], now: datetime) -> None:
        """A time is held: whoever asked for it confirms from their mail."""
        with writing():
            draft, hold = db.session.get(Draft, facts["draft"]), holds.of(facts["draft"])
            if draft is None or hold is None or draft.case_id is not None or hold.expires <= now:
                return
            told = draft.fields
            url = self.hold_url(draft)
            made = mail.compose("hold", told["email"], told["language"], now, draft=draft, hold=hold, url=url)
            hold.mail_id = made.id

    def inquiry(self, facts: dict[str, Any], now: datetime) -> None:
        """Somebody left words: the shop is told."""
        with writing():
            inquiry = db.session.get(Inquiry, facts["inquiry"])
            if inquiry is not None and inquiry.answered is None:
                to, url = settings.get("email"), f"{settings.base_url(self.config)}/desk/messages"
                mail.compose("inquiry", to, settings.get("language"), now, inquiry=inquiry, url=url)

    def moved(self, facts: dict[str, Any], now: datetime) -> None:
        """A visit has another time: both sides are told, and the colleague who had it before."""
        with writing():
            appointment = db.session.get_one(Appointment, facts["appointment"])
            if appointment.cancelled or appointment.revision != facts["revision"]:
                return  # a newer change tells it
            if facts.get("tell", True):
                self._with_calendar("moved", appointment, "REQUEST", now)
            self._to_staff(appointment.case, "moved", appointment.staff, now)
            if facts["before"] != appointment.staff_id:
                self._to_staff(appointment.case, "moved", db.session.get(Staff, facts["before"]), now)

    def cancelled(self, facts: dict[str, Any], now: datetime) -> None:
        """A visit was called off: the customer has it in writing; the colleague is told if the customer did it."""
        with writing():
            appointment = db.session.get_one(Appointment, facts["appointment"])
            if facts.get("tell", True):
                self._with_calendar("cancelled", appointment, "CANCEL", now)
            if facts["by"] == "customer":
                self._to_staff(appointment.case, "cancelled", appointment.staff, now)

    def reminder(self, facts: dict[str, Any], now: datetime) -> None:
        """The visit is tomorrow, or within the hour. The first says nothing any more when the second is about to."""
        with writing():
            appointment = db.session.get_one(Appointment, facts["appointment"])
            if not booking.still_holds(appointment, facts["revision"]) or now >= appointment.start:
                return
            ahead = facts["ahead"]
            if ahead == "hour" or now < appointment.start - 2 * booking.REMINDERS["hour"]:
                code = codes.of(self.config.secret_key, appointment)
                self._to_customer("reminder", appointment.case, now, appointment=appointment, ahead=ahead, code=code)

    def handed_over(self, facts: dict[str, Any], now: datetime) -> None:
        """A visit was handed to a colleague: they have it in writing, should their desk be shut."""
        with writing():
            appointment = db.session.get_one(Appointment, facts["appointment"])
            if not appointment.cancelled and appointment.staff_id == facts["staff"]:
                self._to_staff(appointment.case, "handed_over", appointment.staff, now)

    def late(self, facts: dict[str, Any], now: datetime) -> None:
        """A colleague is late: who is in the waiting room reads it there, who is not yet has a mail."""
        with writing():
            appointment = db.session.get_one(Appointment, facts["appointment"])
            call = calls.find(appointment)
            if appointment.cancelled or call is None or call.late != facts["minutes"] or call.customer_came:
                return
            self._to_customer("late", appointment.case, now, **running_late(appointment, call))

    def missed(self, facts: dict[str, Any], now: datetime) -> None:
        """A visit is over: who did not come is noted; a customer who waited for nothing is told to the shop."""
        with writing():
            appointment = db.session.get_one(Appointment, facts["appointment"])
            if booking.still_holds(appointment, facts["revision"]) and calls.note_missed(appointment, now) == "staff":
                self._to_staff(appointment.case, "waited", None, now)

    def withdrawn(self, facts: dict[str, Any], now: datetime) -> None:
        """The customer withdrew from the contract: they have it back in writing, with its date and hour."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            if case.withdrawn is not None:
                self._to_customer("withdrawn", case, now, at=case.withdrawn)
                self._to_staff(case, "withdrawn", None, now)

    def _with_calendar(
        self, name: str, appointment: Appointment, method: str, now: datetime, texts: Sequence[dict[str, str]] = ()
    ) -> None:
        case = appointment.case
        asks = bool(cases.unwritten(case))
        with use(case.customer.language, settings.zone()):
            phone = settings.phone_for_eyes(settings.get("phone"))
            shop, email, url = settings.get("shop_name"), settings.get("email"), self.case_url(case)
            file = ics.of(appointment, shop, email, phone, url, now, method).decode()
        carried = {"name": "rendez-vous.ics", "type": "text/calendar", "text": file, "method": method}
        agreed = [consent.text for consent in cases.consents(case)] if appointment.visit == 1 else []
        self._to_customer(
            name,
            case,
            now,
            appointment=appointment,
            files=[carried, *texts],
            asks=asks,
            texts=bool(texts),
            agreed=agreed,
        )

    def ask_answer(self, facts: dict[str, Any], now: datetime) -> None:
        """How it ended was proposed: the customer is asked, at once and twice again."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            if cases.awaits(case, facts["entry"]):
                self._to_customer("answer", case, now, again=facts["again"])

    def ask_part(self, facts: dict[str, Any], now: datetime) -> None:
        """Parts are needed: the customer is asked about the newest offer."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            if case.parts_in("offered") and case.offer == facts["offer"]:
                self._to_customer("part", case, now, **asking(case))

    def part_accepted(self, facts: dict[str, Any], now: datetime) -> None:
        """The customer accepted: they have it in writing."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            agreed = [part for part in case.parts if part.offer == facts["offer"] and part.accepted]
            if agreed:
                total, at = parts.total(agreed), agreed[0].accepted
                self._to_customer("part_accepted", case, now, parts=agreed, total=total, at=at)

    def part_sent(self, facts: dict[str, Any], now: datetime) -> None:
        """A part has left."""
        with writing():
            part = db.session.get_one(Part, facts["part"])
            if part.state == "sent":
                self._to_customer("part_sent", part.case, now, part=part)

    def part_dropped(self, facts: dict[str, Any], now: datetime) -> None:
        """Staff gave a part up."""
        with writing():
            part = db.session.get_one(Part, facts["part"])
            if part.state == "dropped":
                self._to_customer("part_dropped", part.case, now, part=part, words=facts["words"])

    def part_unfitted(self, facts: dict[str, Any], now: datetime) -> None:
        """Not repaired: what becomes of the parts that the customer has."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            if case.parts_in(*cases.UNFITTED):
                self._to_customer("part_unfitted", case, now, **unfitted(case))

    def nudge(self, facts: dict[str, Any], now: datetime) -> None:
        """A part was sent long ago and nobody came back: the customer is asked, twice at most."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            if parts.may_nudge(case, facts["entry"]):
                is_received = case.state == "part_received"
                found = case.parts_in("received" if is_received else "sent")
                cases.record(case, "nudged", APPLIANCE, now)
                self._to_customer("nudge", case, now, parts=found, is_received=is_received)

    def still_working(self, facts: dict[str, Any], now: datetime) -> None:
        """Some days after a repair: the customer is asked whether it still works."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            if case.customer.email and guarantee.ask(case, facts["entry"], now):
                self._to_customer("still_working", case, now)

    def repaired_again(self, facts: dict[str, Any], now: datetime) -> None:
        """What came back under guarantee is repaired: there is no paper, but a word."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            if guarantee.is_repaired(case) and case.returned:
                self._to_customer("repaired_again", case, now, **_after(case))

    def turned(self, facts: dict[str, Any], now: datetime) -> None:
        """A sale became a repair, or the other way round: its customer reads what that means for them."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            if case.kind == facts["into"] and case.state != "closed":
                self._to_customer("turned", case, now, asks=bool(cases.unwritten(case)))

    def recap(self, facts: dict[str, Any], now: datetime) -> None:
        """A sale's call is over: what was shown and chosen, its prices and to when they hold."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            lines, seen = baskets.of(case), baskets.shown(case)
            if lines or seen:
                total, until, url = baskets.total(lines), baskets.until(case), f"{self.case_url(case)}/basket"
                self._to_customer("recap", case, now, lines=lines, shown=seen, total=total, until=until, basket_url=url)

    def order(self, facts: dict[str, Any], now: datetime) -> None:
        """An order went on: its customer has it in writing, with the terms when it was placed; the shop is told of what
        it has to do."""
        with writing():
            found, what = db.session.get_one(Order, facts["order"]), facts["what"]
            case, url = found.case, f"{self.case_url(found.case)}/orders/{found.number}"
            is_new = what == "ordered"
            agreed = [one for one in cases.consents(case) if one.kind == "terms"] if is_new else []
            texts = [legal.find("terms", one.version_id) for one in agreed[-1:] if one.version_id]
            files = [{"name": f"{t.name}-{t.id}.txt", "type": "text/plain", "text": t.text} for t in texts if t]
            self._to_customer("order", case, now, order=found, what=what, order_url=url, files=files)
            if what in ("ordered", "withdrawn"):
                kept = booking.appointments(case)
                self._to_staff(case, "order_" + what, kept[-1].staff if kept else None, now)

    def tell_staff(self, facts: dict[str, Any], now: datetime) -> None:
        """The customer did something that calls for the shop's next act."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            kept = booking.appointments(case)
            self._to_staff(case, facts["what"], kept[-1].staff if kept else None, now)

    def _to_staff(self, case: Case, what: str, staff: Staff | None, now: datetime) -> None:
        to = staff.email if staff and staff.active else settings.get("email")
        mail.compose(
            "staff", to, settings.get("language"), now, case_id=case.id, case=case, what=what, url=self.desk_url(case)
        )

    def paper(self, facts: dict[str, Any], now: datetime) -> None:
        """The outcome is confirmed: seal its paper, draw it, hand it over."""
        with writing():
            paper = papers.issue(db.session.get_one(Case, facts["case"]), now)
            if paper is not None and invoices.pdf_of(paper) is None:
                enqueue("pdf", now, paper=paper.id, **cases.quiet(not facts.get("quiet")))

    def report(self, facts: dict[str, Any], now: datetime) -> None:
        """The case went on: its report is drawn anew, in a child process, where it says something else."""
        case = db.session.get_one(Case, facts["case"])
        kept = reports.of(case)
        if not reports.has_something(case):
            return
        told = reports.story(case)
        mark, folder, file = reports.digest(told), self.config.uploads, reports.new_name()
        if kept is not None and kept.digest == mark:
            return
        sheet = reports.sheet(told, folder, now)
        db.session.rollback()
        pdf = hub.in_thread(reports.draw, sheet, timeout=RENDER_SECONDS)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / file).write_bytes(pdf)
        with writing():
            older = reports.keep(db.session.get_one(Case, facts["case"]), file, mark, now)
        if older:
            (folder / older).unlink(missing_ok=True)

    def credit(self, facts: dict[str, Any], now: datetime) -> None:
        """The outcome was contested: what was invoiced is taken back. Come late, it spares a new outcome’s paper."""
        with writing():
            case = db.session.get_one(Case, facts["case"])
            for paper in papers.take_back(case, now, spared=papers.current(case)):
                enqueue("pdf", now, paper=paper.id, **cases.quiet(not facts.get("quiet")))

    def pdf(self, facts: dict[str, Any], now: datetime) -> None:
        """Draw a sealed paper in a child process, keep its bytes, mail it unless staff told it themselves."""
        paper = db.session.get_one(Paper, facts["paper"])
        snapshot, made = paper.snapshot, invoices.pdf_of(paper)
        db.session.rollback()
        drawn = made or hub.in_thread(invoices.make_pdf, snapshot, timeout=RENDER_SECONDS)
        with writing():
            paper = db.session.get_one(Paper, facts["paper"])
            if made is not None:
                return
            invoices.store_pdf(paper, drawn)
            if not facts.get("quiet"):
                case = db.session.get_one(Case, paper.case_id)
                file: dict[str, str | int] = {
                    "name": f"{paper.number}.pdf",
                    "type": "application/pdf",
                    "paper": paper.id,
                }
                self._to_customer("paper", case, now, paper=paper, files=[file], **_after(case))

    def close_books(self, facts: dict[str, Any], now: datetime) -> None:
        """Once a day, after midnight: close the day, and the month and year that end with it."""
        with writing():
            books.close_due(now)
            enqueue("close-books", books.next_close(now))

    def archive(self, facts: dict[str, Any], now: datetime) -> None:
        """Write a year's archive in a child process, and note that it was made."""
        base, folder, year = self.config.data / "shop.db", self.config.archives, facts["year"]
        zone = settings.get("zone")
        db.session.rollback()
        made = hub.in_turn(books.make, base, folder, year, zone, now, timeout=ARCHIVE_SECONDS)
        with writing():
            books.keep(made, year, facts["by"], now)

    def mail(self, facts: dict[str, Any], now: datetime) -> None:
        """Send one mail or short message of the outbox, and note what came of it."""
        row = db.session.get(Mail, facts["mail"])
        if row is None or row.state != "waiting":
            return  # sent, or forgotten with its case
        work, values = _delivery(row, now)
        db.session.rollback()
        try:
            hub.in_thread(work, *values, timeout=4 * mail.SECONDS)
        except MailFailed as error:
            with writing():
                db.session.get_one(Mail, facts["mail"]).reason = error.message
                if error.permanent:
                    db.session.get_one(Mail, facts["mail"]).state = "failed"
                    self._note_mail(db.session.get_one(Mail, facts["mail"]), "failed", now)
            raise
        with writing():
            row = db.session.get_one(Mail, facts["mail"])
            row.state, row.sent, row.reason = "sent", now, ""
            self._note_mail(row, "sent", now)

    def _note_mail(self, row: Mail, kind: str, now: datetime) -> None:
        """In the story of its case, what became of a mail to the customer."""
        if row.case_id is not None and row.name != "staff":
            case = db.session.get_one(Case, row.case_id)
            cases.record(case, f"{row.way}_{kind}", APPLIANCE, now, subject=row.subject, mail=row.id)

    def tidy(self, facts: dict[str, Any], now: datetime) -> None:
        """Once a day: forget drafts nobody finished, with their photos, and photos that never came whole."""
        pieces.sweep(self.config.arriving, now)
        with writing():
            files = intake.purge(now) + inquiries.purge(now)
            signins.purge(now)
            invitations.purge(now)
            resets.purge(now)
            audit.purge()
            enqueue("tidy", now + timedelta(days=1))
        for file in files:
            for name in (file, pictures.small(file)):
                (self.config.uploads / name).unlink(missing_ok=True)


def ending(case: Case, now: datetime) -> tuple[str, dict[str, Any]] | None:
    """The mail at the end of this closed case, by its name, with what it says. To know it its paper is issued, in the
    caller's write: undo it where it is only to be shown."""
    if case.returned is not None and case.outcome == "repaired":
        return "repaired_again", _after(case)
    paper = papers.issue(case, now)
    return ("paper", {"paper": paper, **_after(case)}) if paper else None


def _after(case: Case) -> dict[str, Any]:
    """What a mail at the end of a case offers besides."""
    return {
        "stars": ratings.STARS if ratings.may_rate(case) else {},
        "guaranteed": case.guaranteed if guarantee.is_repaired(case) else None,
        "reports": reports.has_something(case),
    }


def running_late(appointment: Appointment, call: Call) -> dict[str, Any]:
    """What the mail about a colleague who is late says."""
    expected = appointment.start + timedelta(minutes=call.late)
    return {"appointment": appointment, "minutes": call.late, "expected": expected}


def asking(case: Case) -> dict[str, Any]:
    """What the mail about offered parts says."""
    offered = case.parts_in("offered")
    return {"parts": offered, "total": parts.total(offered), "until": parts.valid_until(case)}


def unfitted(case: Case) -> dict[str, Any]:
    """What the mail about parts that were not fitted says."""
    return {fate: case.parts_in(fate) for fate in cases.UNFITTED}


def _agreed(appointment: Appointment) -> list[dict[str, str]]:
    """The texts that were agreed to, as they were: the first visit's mail hands them over to keep."""
    if appointment.visit != 1:
        return []
    named = [(one.kind, one.version_id) for one in cases.consents(appointment.case) if one.version_id]
    found = [legal.find(*one) for one in named]
    return [{"name": f"{one.name}-{one.id}.txt", "type": "text/plain", "text": one.text} for one in found if one]


def papers_waiting() -> list[Case]:
    """Closed cases whose paper could not be issued yet."""
    closed = select(Case).where(Case.state == "closed", Case.outcome.in_(list(papers.OUTCOME_PAPER)))
    return [case for case in db.session.scalars(closed) if papers.current(case) is None]


def _goes_by_sms(name: str, case: Case, facts: dict[str, Any]) -> bool:
    """Who has no mail reads the short form of what is in BY_SMS; the others what would come too late by mail."""
    pressing = name == "late" or (name == "reminder" and facts["ahead"] == "hour")
    return (
        name in BY_SMS and (pressing or not case.customer.email) and settings.takes_messages(case.customer.phone)
    )


def _delivery(row: Mail, now: datetime) -> tuple[Callable[..., None], tuple[Any, ...]]:
    """What hands this row of the outbox over, and its values: for a thread."""
    if row.way == "sms":
        return sms.deliver, (sms.gateway(), row.to, row.text)
    carried = [file["paper"] for file in mail.files_of(row) if "paper" in file]
    bytes_of = {number: invoices.pdf_of(db.session.get_one(Paper, number)) or b"" for number in carried}
    return mail.deliver, (mail.server(), mail.message(row, bytes_of, now))
