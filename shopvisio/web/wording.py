"""The owner's side of the legal texts: which are still to be checked, and their wording."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import TextAreaField

from shopvisio import clock, legal
from shopvisio.db import writing
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import LANGUAGES, _, lazy
from shopvisio.web import guard
from shopvisio.web.guard import staff
from shopvisio.web.typed import blame

blueprint = Blueprint("wording", __name__, url_prefix="/desk/legal")


class WordingForm(FlaskForm):  # type: ignore[misc]
    """A text in the owner's own words."""

    wording = TextAreaField(
        lazy("Votre texte"),
        description=lazy("Une ligne vide sépare deux paragraphes ; ## fait un titre, un tiret une liste, ** du gras."),
        render_kw={"rows": 24, "spellcheck": "true"},
    )


@blueprint.app_template_global()
def legal_to_check() -> int:
    """How many texts nobody has confirmed."""
    return len(legal.to_check(clock.now()))


@blueprint.get("")
@staff("settings")
def texts() -> ResponseReturnValue:
    """Every text in every language, and whether it was checked."""
    now = clock.now()
    told = [(name, [legal.current(name, language, now) for language in LANGUAGES]) for name in legal.TEXTS]
    return render_template("desk/legal.html", told=told, to_check=legal.to_check(now))


@blueprint.get("/<name>/<language>")
@staff("settings")
def text(name: str, language: str) -> ResponseReturnValue:
    """One text: as it reads, its wording, its versions."""
    _known(name, language)
    kept = legal.newest(name, language)
    form = WordingForm(formdata=None, wording=kept.wording if kept and kept.own else legal.starting(name, language))
    return _text_page(name, language, form)


def _known(name: str, language: str) -> None:
    if name not in legal.TEXTS or language not in LANGUAGES:
        raise NotFound


def _text_page(name: str, language: str, form: WordingForm) -> str:
    return render_template(
        "desk/wording.html",
        name=name,
        told_in=language,
        version=legal.current(name, language, clock.now()),
        form=form,
        facts=legal.facts(language, clock.now()),
        versions=legal.versions(name, language),
    )


@blueprint.post("/<name>/<language>")
@staff("settings")
def reword(name: str, language: str) -> ResponseReturnValue:
    """Another wording: in force at once, the one before is kept."""
    _known(name, language)
    form = WordingForm()
    try:
        with writing():
            legal.word(name, language, form.wording.data or "", _name(), clock.now())
    except Invalid as refusal:
        blame(form, refusal)
        return _text_page(name, language, form), 422
    flash(_("Enregistré : cette version est en ligne, celle d’avant reste lisible."))
    return redirect(url_for("wording.text", name=name, language=language), 303)


@blueprint.post("/<name>/<language>/start")
@staff("settings")
def start_again(name: str, language: str) -> ResponseReturnValue:
    """Back to the starting wording."""
    _known(name, language)
    with writing():
        legal.word(name, language, "", _name(), clock.now())
    flash(_("Le texte de départ est de nouveau en ligne, à vérifier."))
    return redirect(url_for("wording.text", name=name, language=language), 303)


@blueprint.post("/<name>/<language>/confirm")
@staff("settings")
def confirm(name: str, language: str) -> ResponseReturnValue:
    """The owner has read it and stands by it."""
    _known(name, language)
    with writing():
        legal.confirm(name, language, request.form.get("digest", ""), _name(), clock.now())
    flash(_("Confirmé : la mention « à vérifier » a disparu de la page."))
    return redirect(url_for("wording.texts"), 303)


def _name() -> str:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me.name
