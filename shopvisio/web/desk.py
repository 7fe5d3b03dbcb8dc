"""The desk: the day, the cases and every act on a case."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from shopvisio import (
    accounts,
    booking,
    calls,
    cases,
    clock,
    inquiries,
    invoices,
    letters,
    mail,
    money,
    orders,
    papers,
    parts,
    payments,
    plates,
    settings,
    stops,
    trials,
)
from shopvisio.accounts import Staff
from shopvisio.cases import Case, Photo
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, NotFound, Unavailable
from shopvisio.i18n import _, lazy
from shopvisio.invoices import Paper
from shopvisio.web import agenda, charts, guard, next_act, signalling, story, telling, todo, uploads, wake_jobs
from shopvisio.web import call as call_pages
from shopvisio.web.guard import staff
from shopvisio.web.telling import Letter, Told
from shopvisio.web.typed import WEEKDAYS, blame, choices_of, week_names

blueprint = Blueprint("desk", __name__, url_prefix="/desk")

LISTED = 100  # cases on one page; the search finds the others
FILTERS = {"going": lazy("En cours"), **cases.STATES, "all": lazy("Tous")}
GOING = tuple(state for state in cases.STATES if state != "closed")


@dataclass(frozen=True)
class Place:
    """An entry of the desk's menu; ``act`` is what its page asks of a role, ``rooms`` what marks it as current."""

    endpoint: str
    icon: str
    label: str
    act: str
    count: int = 0


def menu() -> list[Place]:
    """The desk's pages open to whoever is signed in, with how much waits there."""
    counts = cases.count_by_state()
    places = (
        Place("desk.today", "cal", _("Journée"), "desk"),
        Place("desk.listing", "wrench", _("Dossiers"), "cases", sum(counts.get(state, 0) for state in GOING)),
        Place("parts.listing", "box", _("Pièces"), "cases", parts.count_outstanding()),
        Place("orders.listing", "truck", _("Commandes"), "cases", orders.count_going()),
        Place("inquiries.listing", "chat", _("Messages"), "cases", inquiries.count_waiting()),
        Place("guides.listing", "book", _("Guides"), "cases"),
        Place("products.listing", "bag", _("Produits"), "products"),
        Place("owner.papers", "doc", _("Papiers"), "papers"),
        Place("books.index", "euro", _("Comptes"), "papers"),
        Place("overview.page", "chart", _("Chiffres"), "figures"),
        Place("owner.mails", "mail", _("E-mails"), "settings"),
        Place("owner.people", "team", _("Équipe"), "staff"),
        Place("owner.settings_page", "gear", _("Réglages"), "settings"),
    )
    return [place for place in places if accounts.may(guard.me(), place.act)]


def _may(act: str) -> bool:
    return accounts.may(guard.me(), act)


def _weekdays() -> tuple[Any, ...]:
    return WEEKDAYS


blueprint.add_app_template_global(menu, "menu")
blueprint.add_app_template_global(_may, "may")
blueprint.add_app_template_global(story.nth, "nth")
blueprint.add_app_template_filter(story.mid, "mid")
blueprint.add_app_template_filter(story.safety_of, "safety_of")
blueprint.add_app_template_filter(parts.moved, "moved")
blueprint.add_app_template_global(week_names, "week_names")
blueprint.add_app_template_global(_weekdays, "weekdays")


# -- the day


@blueprint.get("")
@staff("papers")
def today() -> ResponseReturnValue:
    """The day at a glance; who only sees papers is led there."""
    if not accounts.may(guard.me(), "desk"):
        return redirect(url_for("owner.papers"))
    now = clock.now()
    return _day(now.astimezone(settings.zone()).date(), now)


@blueprint.get("/day/<day>")
@staff("desk")
def day(day: str) -> ResponseReturnValue:
    """Another day, ``YYYY-MM-DD``."""
    return _day(agenda.day_of(day), clock.now())


def _day(shown: date, now: datetime, read: tuple[str, Letter | None] = ("", None)) -> str:
    """``read``: the visit whose mail about being late is read over, and that mail."""
    current = now.astimezone(settings.zone()).date()
    found = booking.of_day(shown)
    rows = agenda.rows(found, now)
    lines = agenda.lines(rows, shown)
    awaited = calls.awaited(found, now) if shown == current else []
    return render_template(
        "desk/day.html",
        day=shown,
        today=current,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        rows=rows,
        week=agenda.strip(shown),
        lines=lines,
        line=sum(1 for one in lines if one.start <= now) if shown == current else None,
        present=agenda.present(rows, now) if shown == current else None,
        people=list(dict.fromkeys(row.appointment.staff.name for row in rows)),
        closed=booking.closures_in(booking.local_days(shown, 1)),
        **_calling(now),
        absent=[row.appointment for row in rows if row.pill == "bad"],
        awaited=awaited,
        announced=[(appointment, minutes) for appointment, minutes in awaited if minutes],
        late_minutes=calls.LATE,
        read=read,
        tells=telling.leaves,
        mail_leaves=mail.is_configured(),
        todos=todo.todos(now),
        troubles=todo.troubles(now),
    )


def _calling(now: datetime) -> dict[str, Any]:
    """Who calls for somebody of the shop, or for me."""
    me = guard.me()
    return {"waiting": agenda.waiting(), "handed": agenda.handed(me, now) if me else []}


@blueprint.get("/waiting")
@staff("desk")
def waiting() -> ResponseReturnValue:
    """The piece of a page that says so: every page of the desk fetches it when something has changed."""
    return render_template("desk/_waiting.html", **_calling(clock.now()))


@blueprint.post("/appointments/<key>/late")
@staff("calls")
def late(key: str) -> ResponseReturnValue:
    """ "Ten minutes late", or "caught up": one tap. Sent to be read over, the mail that it would write."""
    now, is_asked = clock.now(), telling.is_asked()
    minutes = request.form.get("minutes") or (str(calls.LATE[0]) if is_asked else "")
    announced = int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 4 else -1
    me = guard.me()
    assert me is not None  # the rule of the view says so

    def done() -> tuple[Case, Told | None]:
        found = booking.find(key)
        if found is None:
            raise NotFound
        calls.run_late(found, announced, me.actor, now, telling.is_to_tell(found.case))
        call = calls.of(found)
        return found.case, None if call.customer_came else ("late", letters.running_late(found, call))

    if is_asked:
        letter = telling.rehearse(done)
        if request.headers.get("X-Piece"):
            return render_template("desk/_letter.html", letter=letter, missing="")
        return _day(now.astimezone(settings.zone()).date(), now, (key, letter))
    with writing():
        done()
    appointment = booking.find(key)
    assert appointment is not None  # it was there
    signalling.late(appointment, announced)
    wake_jobs()
    return redirect(url_for("desk.today"), 303)


# -- the cases


@blueprint.get("/cases")
@staff("cases")
def listing() -> ResponseReturnValue:
    """The cases by state, or those that hold the words looked for."""
    words = request.args.get("q", "").strip()[:100]
    wanted = request.args.get("state", "")
    shown = wanted if wanted in FILTERS else "all" if words else "going"
    states = {"going": GOING, "all": tuple(cases.STATES)}.get(shown, (shown,))
    found = cases.listed(states, words, LISTED + 1)
    now = clock.now()
    return render_template(
        "desk/cases.html",
        found=[(case, booking.upcoming(case, now)) for case in found[:LISTED]],
        more=len(found) > LISTED,
        words=words,
        shown=shown,
        filters=FILTERS,
        counts=cases.count_by_state(),
        outcomes=cases.OUTCOMES,
    )


class ProposeForm(FlaskForm):  # type: ignore[misc]
    """How the call ended."""

    outcome = RadioField(lazy("Comment l’appel s’est-il terminé ?"), id="propose-outcome")
    words = TextAreaField(
        lazy("Ce qui a été fait"),
        description=lazy("Le client le lit avant de répondre."),
        id="propose-words",
        render_kw={"rows": 3, "maxlength": 2000},
    )
    condition = RadioField(
        lazy("Comment reste l’appareil"),
        id="propose-condition",
        choices=choices_of(cases.CONDITIONS),
        validate_choice=False,
    )
    barrier = SelectField(
        lazy("Ce qui a empêché la réparation"),
        description=lazy("Imprimé sur son compte rendu."),
        id="propose-barrier",
        choices=choices_of({"": lazy("Choisir…"), **cases.BARRIERS}),
        validate_choice=False,
    )
    unfitted = RadioField(
        lazy("Si ce n’est pas réparé, la pièce que le client a"),
        id="propose-unfitted",
        choices=choices_of(cases.UNFITTED),
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """Nobody answered."""

    reason = TextAreaField(
        lazy("Motif"),
        description=lazy("Gardé au journal ; le client peut contester depuis son lien."),
        id="confirm-reason",
        render_kw={"rows": 2, "maxlength": 1000},
    )


class PaidForm(FlaskForm):  # type: ignore[misc]
    """Money received."""

    paper = HiddenField()
    amount = StringField(lazy("Montant reçu"), id="paid-amount", render_kw={"inputmode": "decimal"})
    method = SelectField(lazy("Comment"), id="paid-method", choices=choices_of(payments.BY_HAND))


class DismissForm(FlaskForm):  # type: ignore[misc]
    """Nobody came, or it was called off."""

    outcome = RadioField(
        lazy("Clore sans rien facturer"),
        id="dismiss-outcome",
        choices=choices_of({name: cases.OUTCOMES[name] for name in ("cancelled", "no_show")}),
    )


class NoteForm(FlaskForm):  # type: ignore[misc]
    """Words to oneself and to colleagues."""

    words = TextAreaField(
        lazy("Note pour l’équipe"),
        description=lazy("Jamais montrée au client ; une note ne s’efface pas, on en ajoute une autre."),
        id="note-words",
        render_kw={"rows": 2, "maxlength": 2000},
    )


FORMS: dict[str, type[FlaskForm]] = {
    "note": NoteForm,
    "propose": ProposeForm,
    "confirm": ConfirmForm,
    "paid": PaidForm,
    "dismiss": DismissForm,
}


@blueprint.get("/cases/<key>")
@staff("cases")
def case(key: str) -> ResponseReturnValue:
    """Everything about a case, and the acts its state allows."""
    return _case_page(_found(key), clock.now())


def _found(key: str) -> Case:
    found = cases.find(key)
    if found is None:
        raise NotFound
    return found


def _form(case: Case, posted: "Posted | None", name: str, about: int = 0) -> FlaskForm:
    """The form of an act: as it was posted, or empty. Each has its own ids, about whatever part it is."""
    came_back = posted is not None and (posted.name, posted.about) == (name, about)
    made = posted.form if posted is not None and came_back else FORMS[name](formdata=None, **_known(case, name, about))
    if name == "propose":
        outcomes = cases.REPAIR_OUTCOMES if case.is_repair else cases.SALE_OUTCOMES
        made.outcome.choices = choices_of({one: cases.OUTCOMES[one] for one in outcomes})
    for field in made if about else ():
        field.id = f"{name}-{about}-{field.short_name}"
    return made


def _known(case: Case, name: str, part_id: int) -> dict[str, Any]:
    """What a form, about this part or about none, begins with."""
    if name == "plate":
        plate = plates.of(case)
        serial = plate.serial if plate else ""
        return {"brand": case.brand, "model": case.model, "serial": serial, "picture": plates.shown_by(case)}
    if not part_id:
        return {}
    part = parts.find(case, part_id)
    price = settings.SETTINGS["fee"].show(part.price) if part.price else ""
    words = {"name": part.name, "reference": part.reference, "supplier": part.supplier}
    return {**words, "price": price, "included": not part.price, "fate": part.state}


def _case_page(case: Case, now: datetime, posted: "Posted | None" = None) -> str:
    upcoming = booking.upcoming(case, now)
    issued = invoices.of_case(case.id)
    return render_template(
        "desk/case.html",
        case=case,
        upcoming=upcoming,
        trial=trials.latest(case),
        trial_verdicts=trials.VERDICTS,
        trial_pills=trials.PILLS,
        is_open=upcoming is not None and now >= calls.opens(upcoming),
        stages=story.stages(case, upcoming),
        days=story.by_day(case.journal),
        charts=charts.of_case(case),
        still_url=partial(url_for, "stills.desk", key=case.key),
        marks_url=partial(url_for, "stills.desk_marks", key=case.key),
        form=partial(_form, case, posted),
        letter=posted.letter if posted else None,
        posted=posted,
        mail_leaves=telling.leaves(case),
        may_confirm_from=cases.may_confirm_from(case),
        papers=[(paper, payments.owed(paper), payments.standing(paper)) for paper in issued],
        awaits_paper=case.outcome in papers.OUTCOME_PAPER and papers.current(case) is None,
        consents=cases.consents(case),
        visits=len(booking.appointments(case)),
        billed=case.parts_in(*parts.BILLED),
        outstanding=parts.OUTSTANDING,
        droppable=parts.DROPPABLE,
        changeable=parts.CHANGEABLE,
        unfitted=cases.UNFITTED,
        next_act=next_act.of(case, upcoming, now),
        unagreed=next_act.unagreed(case, upcoming, now),
        amount=settings.SETTINGS["fee"].show,
        outcomes=cases.OUTCOMES,
        part_states=parts.STATES,
        paper_kinds=story.PAPERS,
        methods=payments.METHODS,
        consent_kinds=story.CONSENTS,
        link=url_for("customer.case", token=guard.token_of(case), _external=True),
    )


@dataclass(frozen=True)
class Posted:
    """The form that came back with a case's page: its name, the part it is about if it is about one, and the letter
    that its act would write."""

    name: str
    form: FlaskForm
    about: int = 0
    letter: Letter | None = None


Do = Callable[[Case, FlaskForm, Staff, datetime], Told | None]


def act(key: str, name: str, do: Do, about: int = 0) -> ResponseReturnValue:
    """One act on a case. ``do`` answers what the customer is told of it. Sent to be read over, it is undone and the
    letter shown; on a refusal the same page comes back, with what was typed and each field named."""
    now, form = clock.now(), FORMS[name]()
    me = guard.me()
    assert me is not None  # the rule of the view says so

    def done() -> tuple[Case, Told | None]:
        case = _found(key)
        return case, do(case, form, me, now)

    is_asked = telling.is_asked()
    try:
        if is_asked:
            return _read_over(key, Posted(name, form, about, telling.rehearse(done)), now)
        with writing():
            done()
    except Invalid as refusal:
        if request.headers.get("X-Piece"):
            missing = " ".join(refusal.fields.values()) or refusal.message
            return render_template("desk/_letter.html", letter=None, missing=missing), 200 if is_asked else 422
        blame(form, refusal)
        return _case_page(_found(key), now, Posted(name, form, about)), 422
    wake_jobs()
    return redirect(url_for("desk.case", key=key), 303)


def _read_over(key: str, posted: Posted, now: datetime) -> str:
    if request.headers.get("X-Piece"):
        return render_template("desk/_letter.html", letter=posted.letter, missing="")
    return _case_page(_found(key), now, posted)


def _end_call(key: str) -> None:
    """The visit under way is concluded: its call ends, and the customer's page goes on."""
    kept = booking.appointments(_found(key))
    if kept and calls.find(kept[-1]) is not None:
        call_pages.conclude(kept[-1])


@blueprint.post("/cases/<key>/propose")
@staff("outcomes")
def propose(key: str) -> ResponseReturnValue:
    """Repaired or not, sold or not."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told | None:
        if form.outcome.data == "repaired":
            stops.refuse(case)
        is_told, unfitted = telling.is_to_tell(case), form.unfitted.data or ""
        why = cases.Why(form.condition.data or "", form.barrier.data or "")
        cases.propose(case, form.outcome.data or "", form.words.data or "", me.actor, now, why, is_told, unfitted)
        return ("answer", {"again": False}) if case.is_repair else None

    return concluded(key, act(key, "propose", do))


def concluded(key: str, answer: ResponseReturnValue) -> ResponseReturnValue:
    """The same answer; the call under way is ended, if the act was done."""
    if isinstance(answer, Response):  # a redirect: it was done
        _end_call(key)
    return answer


@blueprint.post("/cases/<key>/confirm")
@staff("outcomes")
def confirm(key: str) -> ResponseReturnValue:
    """Nobody answered for long enough: close, with a reason."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told | None:
        cases.confirm_unanswered(case, form.reason.data or "", me.actor, now, telling.is_to_tell(case))
        return letters.ending(case, now) if telling.is_asked() else None  # the paper itself is a job's to issue

    return act(key, "confirm", do)


@blueprint.post("/cases/<key>/dismiss")
@staff("outcomes")
def dismiss(key: str) -> ResponseReturnValue:
    """Called off, or nobody came: closed with nothing to pay, its time given back."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told | None:
        coming = booking.upcoming(case, now)
        has_part = bool(case.parts_in("sent", "received"))
        is_told = not (coming or has_part) or telling.is_to_tell(case)  # else nothing would be written
        cases.dismiss(case, form.outcome.data or "", me.actor, now, is_told)
        booking.free_up(case, "staff", now, is_told)
        if coming and coming.cancelled:
            return "cancelled", {"appointment": coming}
        return ("part_unfitted", letters.unfitted(case)) if has_part else None

    return act(key, "dismiss", do)


@blueprint.post("/cases/<key>/note")
@staff("cases")
def note(key: str) -> ResponseReturnValue:
    """A note to oneself, in the story and for the desk alone."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> None:
        cases.note(case, form.words.data or "", me.actor, now)

    return act(key, "note", do)


@blueprint.post("/cases/<key>/paid")
@staff("payments")
def paid(key: str) -> ResponseReturnValue:
    """Money received for one of the case's invoices."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> None:
        paper = next((paper for paper in invoices.of_case(case.id) if paper.number == form.paper.data), None)
        if paper is None:
            raise NotFound
        try:
            cents = money.cents(form.amount.data or "")
        except ValueError:
            raise Invalid(fields={"amount": _("Un montant comme 29 ou 29,90.")}) from None
        payments.note(case, paper, cents, form.method.data or "", me.actor, now)

    return act(key, "paid", do)


@blueprint.get("/cases/<key>/photo/<int:photo_id>")
@staff("cases")
def photo(key: str, photo_id: int) -> ResponseReturnValue:
    """One of the case's own photos."""
    found = db.session.get(Photo, photo_id)
    if found is None or found.case_id != _found(key).id:
        raise NotFound
    return uploads.send(found.file)


@blueprint.get("/papers/<number>.pdf")
@staff("papers")
def paper(number: str) -> ResponseReturnValue:
    """A sealed paper's PDF."""
    found = db.session.query(Paper).filter_by(number=number).one_or_none()
    if found is None:
        raise NotFound
    pdf = invoices.pdf_of(found)
    if pdf is None:
        raise Unavailable(_("Ce papier est en train d’être mis en page. Rechargez dans quelques secondes."))
    headers = {"Content-Disposition": f'inline; filename="{found.number}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)
