"""What the rooms of the owner's side share: their blueprint, and who is signed in."""

from flask import Blueprint

from shopvisio.accounts import Staff
from shopvisio.web import guard

blueprint = Blueprint("owner", __name__, url_prefix="/desk")


def myself() -> Staff:
    """Who is signed in."""
    found = guard.me()
    assert found is not None  # every view here asks for a role
    return found
