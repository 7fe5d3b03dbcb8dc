"""The pages the law wants in sight, each with its versions."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from markdown_it import MarkdownIt
from markupsafe import Markup

from shopvisio import clock, legal
from shopvisio.errors import NotFound
from shopvisio.i18n import LANGUAGES, language
from shopvisio.legal import Version
from shopvisio.web.guard import anybody

blueprint = Blueprint("legal", __name__, url_prefix="/legal")

# no HTML of its own, no picture from elsewhere; its links lead nowhere that runs
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable(["image", "code"])


@blueprint.app_template_filter("markdown")
def markdown(text: str) -> Markup:
    """Markdown as HTML that is safe whoever wrote it."""
    return Markup(_markdown.render(text))  # noqa: S704


@blueprint.app_context_processor
def _foot() -> dict[str, Any]:
    """What the foot of every page links to."""
    return {"legal_pages": legal.PAGES.items(), "every_language": LANGUAGES.items()}


@blueprint.get("/<name>")
@anybody
def page(name: str) -> ResponseReturnValue:
    """One of PAGES as it stands, and the versions before."""
    if name not in legal.PAGES:
        raise NotFound
    version = legal.current(name, language(), clock.now())
    return _page(version, version)


@blueprint.get("/<name>/<int:number>")
@anybody
def version(name: str, number: int) -> ResponseReturnValue:
    """A text as it was: for whoever accepted it."""
    found = legal.find(name, number)
    if found is None:
        raise NotFound
    return _page(found, legal.current(name, found.language, clock.now()))


def _page(version: Version, current: Version) -> str:
    kept = legal.versions(version.name, current.language)
    return render_template(
        "legal/page.html",
        version=version,
        current=current,
        until=next((newer.at for newer in reversed(kept) if newer.id > version.id), None) if version.id else None,
        others=[one for one in kept if one.id != version.id],
        has_page=version.name in legal.PAGES,
        in_force_language=LANGUAGES[current.language],
    )
