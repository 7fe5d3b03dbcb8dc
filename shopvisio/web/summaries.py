"""What a sale came to, as a PDF to keep: behind the customer's link."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from shopvisio import clock, hub, orders, summaries
from shopvisio.cases import Case
from shopvisio.db import db
from shopvisio.errors import NotFound
from shopvisio.sheet import Summary
from shopvisio.web.guard import case_link

blueprint = Blueprint("summaries", __name__, url_prefix="/case/<token>")


@blueprint.get("/orders/<number>/confirmation.pdf")
@case_link
def order(case: Case, number: str) -> ResponseReturnValue:
    """What was ordered."""
    return _send(summaries.of_order(orders.of_customer(case, number)), number)


@blueprint.get("/basket/recap.pdf")
@case_link
def basket(case: Case) -> ResponseReturnValue:
    """What was shown and chosen."""
    found = summaries.of_basket(case, clock.now())
    if found is None:
        raise NotFound
    return _send(found, case.number)


def _send(summary: Summary, name: str) -> Response:
    db.session.rollback()  # hold no transaction while it is drawn
    pdf = hub.in_turn(summaries.draw, summary)
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)
