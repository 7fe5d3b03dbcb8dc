"""The checklist on pages. Staff write it and start guides, the customer reads and ticks it, each on their own page;
in a call the same pieces are fetched anew whenever the socket says ``steps``."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from shopvisio import accounts, booking, cases, clock, gates, guides, settings, steps, stills, stops
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.errors import Invalid, NotFound
from shopvisio.gates import Gate
from shopvisio.guides import DRAWING
from shopvisio.steps import Step, Wording
from shopvisio.stops import Stop
from shopvisio.web import guard, uploads, wire
from shopvisio.web.events import danger
from shopvisio.web.guard import case_link, staff

blueprint = Blueprint("steps", __name__)

ACTS = "tick", "untick", "up", "down", "remove", "back"
_STEP = "/desk/cases/<key>/steps/<int:step_id>"


@dataclass(frozen=True)
class Checklist:
    """What a page shows of a case's steps, to one side: ``url(act, step)`` is where a form goes, ``picture(step)``
    where its picture is, empty without one."""

    case: Case
    steps: list[Step]
    gate: Gate | None
    stop: Stop | None
    may_write: bool
    url: Callable[[str, Step], str]
    picture: Callable[[Step], str]

    @property
    def now(self) -> Step | None:
        """The one to do."""
        return steps.current(self.steps)

    @property
    def progress(self) -> tuple[int, int]:
        """So many done, of so many."""
        return steps.progress(self.steps)

    @property
    def number(self) -> int:
        """Which one that is, of those that count."""
        counted = [step for step in self.steps if step.left_out is None]
        return counted.index(self.now) + 1 if self.now else len(counted)

    @property
    def last_done(self) -> Step | None:
        """The one that was ticked last: it may be taken back."""
        return max((step for step in self.steps if step.done), key=lambda step: (step.done, step.place), default=None)

    @property
    def is_fixed(self) -> bool:
        """Whether it no longer changes."""
        return self.case.state == "closed"


def for_desk(case: Case) -> Checklist:
    """The checklist as the desk has it."""

    def url(act: str, step: Step) -> str:
        return url_for("steps.act", key=case.key, step_id=step.id, act=act)

    picture = partial(_picture, partial(url_for, "stills.desk", key=case.key), partial(_desk_picture, case))
    may_write = accounts.may(guard.me(), "calls")
    return Checklist(case, steps.of_case(case), gates.waiting(case), stops.standing(case), may_write, url, picture)


def for_customer(case: Case) -> Checklist:
    """The checklist as the customer has it."""
    token = guard.token_of(case)

    def url(act: str, step: Step) -> str:
        return url_for("steps.customer_act", token=token, step_id=step.id, act=act)

    def kept(step: Step) -> str:
        return url_for("steps.customer_picture", token=token, step_id=step.id)

    picture = partial(_picture, partial(url_for, "stills.customer", token=token), kept)
    return Checklist(case, steps.of_case(case), gates.waiting(case), stops.standing(case), False, url, picture)


def _desk_picture(case: Case, step: Step) -> str:
    return url_for("steps.picture", key=case.key, step_id=step.id)


def _picture(still_url: Callable[..., str], kept_url: Callable[[Step], str], step: Step) -> str:
    if step.still_id:
        return still_url(still_id=step.still_id, small=1)
    return drawing(step.picture) or (kept_url(step) if step.picture else "")


def drawing(picture: str) -> str:
    """The address of a drawing of the product; empty for any other picture."""
    name = picture.removeprefix(DRAWING)
    return url_for("static", filename=f"guides/{name}.svg") if picture.startswith(DRAWING) else ""


blueprint.add_app_template_global(for_desk, "desk_checklist")
blueprint.add_app_template_global(for_customer, "customer_checklist")


def pictures_of(case: Case) -> list[tuple[int, str]]:
    """The stills of a case to choose from, by their numbers, with who took them."""
    return [(still.id, still.name) for still in stills.of_case(case)]


blueprint.add_app_template_global(pictures_of, "step_stills")


@blueprint.app_context_processor
def _tables() -> dict[str, object]:
    """What the pieces of a checklist and of a stop name."""
    return {
        "step_levels": steps.LEVELS,
        "stop_causes": stops.CAUSES,
        "emergency": stops.EMERGENCY,
        "gas_phone": settings.get("gas_phone"),
    }


# -- the desk


@blueprint.get("/desk/cases/<key>/steps")
@staff("cases")
def desk(key: str) -> ResponseReturnValue:
    """The whole page; with ``?piece`` what a call's page shows of it."""
    if "piece" in request.args:
        return render_template("steps/_desk.html", list=for_desk(_found(key)))
    return _page(_found(key))


def _page(case: Case, typed: dict[str, str] | None = None, wrong: dict[str, str] | None = None) -> str:
    words = request.args.get("q", "").strip()[:100]
    return render_template(
        "steps/desk.html",
        case=case,
        list=for_desk(case),
        found=guides.listed(case.customer.language, words),
        words=words,
        typed=typed or {},
        wrong=wrong or {},
        may_make_guide=accounts.may(guard.me(), "guides") and case.state in ("proposed", "closed") and steps.done(case),
        **_limits(),
    )


def _limits() -> dict[str, object]:
    return {"longest_text": steps.LONGEST_TEXT, "longest_how": steps.LONGEST_HOW, "checks": gates.CHECKS}


@blueprint.get("/desk/cases/<key>/guides")
@staff("calls")
def search(key: str) -> ResponseReturnValue:
    """A piece: the guides that hold every word of ``q``, in the customer's language, each to be looked into."""
    case, words = _found(key), request.args.get("q", "")[:100]
    found = guides.listed(case.customer.language, words)
    return render_template("steps/_guides.html", case=case, found=found, words=words, **_limits())


@blueprint.post("/desk/cases/<key>/steps")
@staff("calls")
def write(key: str) -> ResponseReturnValue:
    """A new step."""
    try:
        with writing():
            steps.write(_found(key), _wording(), _me())
    except Invalid as refusal:
        return _not_written(key, refusal)
    return _back(key)


def _wording() -> Wording:
    return Wording(request.form.get("text", ""), request.form.get("how", ""), request.form.get("danger", ""))


def _not_written(key: str, refusal: Invalid) -> ResponseReturnValue:
    if request.accept_mimetypes.best == "application/json":
        raise Invalid(next(iter(refusal.fields.values())), refusal.fields)
    return _page(_found(key), request.form.to_dict(), refusal.fields), 422


@blueprint.post(_STEP)
@staff("calls")
def rewrite(key: str, step_id: int) -> ResponseReturnValue:
    """Other words, or another picture."""
    still = request.form.get("still", "")
    still_id = int(still) if still.isascii() and still.isdigit() and len(still) < 16 else None
    with writing():
        try:
            steps.rewrite(_found(key), step_id, _wording(), still_id, _me())
        except Invalid as refusal:
            raise Invalid(next(iter(refusal.fields.values())), refusal.fields) from None
    return _back(key)


@blueprint.post(f"{_STEP}/<any({','.join(ACTS)}):act>")
@staff("calls")
def act(key: str, step_id: int, act: str) -> ResponseReturnValue:
    """One of ACTS on a step."""
    now, me = clock.now(), _me()
    with writing():
        case = _found(key)
        if act in ("tick", "untick"):
            _tick(case, step_id, act, me)
        elif act in ("up", "down"):
            steps.move(case, step_id, {"up": -1, "down": 1}[act], me)
        elif act == "remove":
            steps.remove(case, step_id, me, now)
        else:
            steps.put_back(case, step_id, me, now)
    return _back(key)


def _tick(case: Case, step_id: int, act: str, actor: Actor) -> None:
    do = steps.tick if act == "tick" else steps.untick
    do(case, step_id, actor, clock.now())


@blueprint.post("/desk/cases/<key>/start")
@staff("calls")
def start(key: str) -> ResponseReturnValue:
    """A guide is wanted: its gate is asked, then its steps come."""
    with writing():
        guides.start(guides.find(request.form.get("guide", "")), _found(key), _me(), clock.now())
    return _back(key)


@blueprint.post("/desk/cases/<key>/gate")
@staff("calls")
def gate(key: str) -> ResponseReturnValue:
    """The gate: an answer (``yes`` or ``no``, the name of the question), the question ``again``, or ``drop``."""
    with writing():
        case = _found(key)
        if "drop" in request.form:
            gates.drop(case, _me(), clock.now())
        elif "again" in request.form:
            gates.again(case, _me())
        else:
            _answer(case, _me())
    return _back(key)


def _answer(case: Case, actor: Actor) -> None:
    yes = request.form.get("yes", "")
    guides.answer(case, yes or request.form.get("no", ""), bool(yes), actor, clock.now())


@blueprint.post("/desk/cases/<key>/lift")
@staff("calls")
def lift(key: str) -> ResponseReturnValue:
    """Everything was stopped: it goes on, with a reason."""
    with writing():
        case = _found(key)
        try:
            stops.lift(case, _me(), request.form.get("reason", ""), clock.now())
        except Invalid as refusal:
            raise Invalid(refusal.fields["reason"], refusal.fields) from None
    danger.tell(case)
    return _back(key)


@blueprint.get(f"{_STEP}/picture")
@staff("cases")
def picture(key: str, step_id: int) -> ResponseReturnValue:
    """The picture that a step has of its guide."""
    return _kept(_found(key), step_id)


def _kept(case: Case, step_id: int) -> Response:
    step = steps.find(case, step_id)
    if not step.picture or step.picture.startswith(DRAWING):
        raise NotFound
    return uploads.send(step.picture)


def _found(key: str) -> Case:
    case = cases.find(key)
    if case is None:
        raise NotFound
    return case


def _me() -> Actor:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me.actor


def _back(key: str) -> ResponseReturnValue:
    """Where the form was, once both sides are told."""
    tell(_found(key))
    if request.form.get("from") == "case":
        return redirect(url_for("desk.case", key=key, _anchor="steps"), 303)
    return redirect(url_for("steps.desk", key=key), 303)


# -- the customer


@blueprint.get("/case/<token>/steps")
@case_link
def customer(case: Case) -> ResponseReturnValue:
    """With ``?piece`` the one step to do now, as the call's page shows it; else the case's page, where all are."""
    if "piece" in request.args:
        return render_template("steps/_card.html", list=for_customer(case), token=guard.token_of(case))
    return redirect(url_for("customer.case", token=guard.token_of(case), _anchor="steps"))


@blueprint.post("/case/<token>/steps/<int:step_id>/<any(tick,untick):act>")
@case_link
def customer_act(case: Case, step_id: int, act: str) -> ResponseReturnValue:
    """The customer says "done", or takes it back."""
    key = case.key
    with writing():
        found = _found(key)
        _tick(found, step_id, act, found.customer.actor)
    return _customer_back(key)


@blueprint.post("/case/<token>/gate")
@case_link
def customer_gate(case: Case) -> ResponseReturnValue:
    """The customer answers a question of the gate."""
    key = case.key
    with writing():
        found = _found(key)
        _answer(found, found.customer.actor)
    return _customer_back(key)


@blueprint.get("/case/<token>/steps/<int:step_id>/picture")
@case_link
def customer_picture(case: Case, step_id: int) -> ResponseReturnValue:
    """The picture that a step has of its guide."""
    return _kept(case, step_id)


def _customer_back(key: str) -> ResponseReturnValue:
    case = _found(key)
    tell(case)
    return redirect(url_for("customer.case", token=guard.token_of(case), _anchor="steps"), 303)


# -- both


def tell(case: Case) -> None:
    """The pages of the case's call look again."""
    visits = booking.appointments(case)
    if visits:
        wire.socketio.emit("steps", {}, to=wire.room(visits[-1].key))
