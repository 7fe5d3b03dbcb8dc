"""The pages the law wants in sight, made from the settings. They are honest drafts: the owner has them checked."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from shopvisio import booking, settings
from shopvisio.errors import NotFound
from shopvisio.i18n import LANGUAGES, _, lazy
from shopvisio.web.guard import anybody

blueprint = Blueprint("legal", __name__, url_prefix="/legal")

PAGES = {
    "prices": lazy("Tarifs"),
    "notice": lazy("Mentions légales"),
    "terms": lazy("Conditions générales"),
    "privacy": lazy("Confidentialité"),
    "mediator": lazy("Médiateur"),
}


@blueprint.app_context_processor
def _foot() -> dict[str, Any]:
    """What the foot of every page links to."""
    return {"legal_pages": PAGES.items(), "languages": LANGUAGES.items()}


@blueprint.get("/<name>")
@anybody
def page(name: str) -> ResponseReturnValue:
    """One of PAGES."""
    if name not in PAGES:
        raise NotFound
    return render_template(f"legal/{name}.html", title=PAGES[name], said=_Said(), services=booking.services())


def terms_accepted() -> str:
    """What the customer's tick says, as it is kept with the case."""
    return _("J’ai lu les conditions générales de {shop} et je les accepte.", shop=settings.get("shop_name"))


class _Said:
    """The settings, by attribute: ``said.siret``."""

    def __getattr__(self, name: str) -> Any:
        return settings.get(name)

    @property
    def form(self) -> str:
        """The legal form in full."""
        return str(settings.LEGAL_FORMS.get(settings.get("legal_form"), ""))
