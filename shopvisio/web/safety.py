"""The safety gate of a repair, between the fault and the person: what may hurt, then what is cut off first, or stop."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import intake, safety, settings
from shopvisio.db import writing
from shopvisio.errors import Invalid
from shopvisio.i18n import _
from shopvisio.intake import Draft
from shopvisio.web.book import STEPS, draft_of
from shopvisio.web.guard import anybody

blueprint = Blueprint("safety", __name__, url_prefix="/draft/<key>")


@blueprint.route("/safety", methods=["GET", "POST"])
@anybody
def ask(key: str) -> ResponseReturnValue:
    """Which dangers there are; the answer leads on, to what is done first, or to a stop."""
    draft = draft_of(key)
    if request.method == "GET":
        return _ask_page(draft, draft.fields.get("dangers", []))
    ticked = request.form.getlist("danger")
    try:
        answer = safety.check(ticked)
    except Invalid as refusal:
        return _ask_page(draft, ticked, refusal.message), 422
    with writing():
        intake.type_in(draft, dangers=answer, done=[])
    if safety.stops(answer):
        return redirect(url_for("safety.stop", key=key), 303)
    return redirect(url_for("safety.first" if safety.to_do_first(answer) else "book.person", key=key), 303)


def _ask_page(draft: Draft, ticked: Sequence[str], refusal: str = "") -> str:
    return render_template(
        "safety/ask.html",
        draft=draft,
        steps=STEPS["repair"],
        dangers=safety.DANGERS,
        ticked=ticked,
        refusal=refusal,
    )


@blueprint.route("/first", methods=["GET", "POST"])
@anybody
def first(key: str) -> ResponseReturnValue:
    """What the customer cuts off before anything else, and says so."""
    draft = draft_of(key)
    answer = draft.fields.get("dangers", [])
    wanted = safety.to_do_first(answer)
    if not wanted or safety.stops(answer):
        return redirect(url_for("safety.ask", key=key), 303)
    if request.method == "GET":
        return _first_page(draft, wanted, draft.fields.get("done", []))
    done = request.form.getlist("done")
    if not set(wanted) <= set(done):
        refusal = _("Faites-le d’abord, puis cochez. Vous n’y arrivez pas ? Appelez-nous.")
        return _first_page(draft, wanted, done, refusal), 422
    with writing():
        intake.type_in(draft, done=wanted)
    return redirect(url_for("book.person", key=key), 303)


def _first_page(draft: Draft, wanted: Sequence[str], done: Sequence[str], refusal: str = "") -> str:
    return render_template(
        "safety/first.html",
        draft=draft,
        steps=STEPS["repair"],
        wanted=[(name, safety.DANGERS[name]) for name in wanted],
        done=done,
        refusal=refusal,
    )


@blueprint.get("/stop")
@anybody
def stop(key: str) -> ResponseReturnValue:
    """Nobody is guided through this from afar: whom to call instead."""
    draft = draft_of(key)
    found = safety.stops(draft.fields.get("dangers", []))
    if not found:
        return redirect(url_for("safety.ask", key=key), 303)
    return render_template(
        "safety/stop.html",
        draft=draft,
        dangers=[safety.DANGERS[name] for name in found],
        gas="gas" in found,
        gas_phone=settings.get("gas_phone"),
    )
