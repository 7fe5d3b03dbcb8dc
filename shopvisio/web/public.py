"""What every page needs from the shop itself: its colours."""

from flask import Blueprint, Response

from shopvisio import settings
from shopvisio.web import brand as colours
from shopvisio.web.guard import anybody

blueprint = Blueprint("public", __name__)


@blueprint.get("/brand.css")
@anybody
def brand() -> Response:
    """The shop's colour, clamped for contrast, as plain hex for browsers of any age."""
    made = Response(colours.stylesheet(settings.get("brand")), mimetype="text/css")
    made.cache_control.max_age = 300
    return made
