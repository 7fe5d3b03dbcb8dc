"""Makes a shop that has something on every page, in the data folder of the environment; prints its pages as JSON.

The pages are found in the routing table, so a new one is looked at without being named here: each GET route is asked
with every true name it could take, by a stranger and by the owner, and what answers with a page is a page.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from shopvisio import (
    baskets,
    booking,
    calls,
    cases,
    catalogue,
    clock,
    config,
    db,
    demo,
    guarantee,
    guides,
    inquiries,
    intake,
    invitations,
    invoices,
    legal,
    links,
    orders,
    papers,
    parts,
    ratings,
    resets,
    settings,
    setup,
    steps,
    stops,
)
from shopvisio.accounts import Staff
from shopvisio.app import create_app
from shopvisio.baskets import BasketLine
from shopvisio.booking import Appointment, ByStaff, Service
from shopvisio.calls import Call
from shopvisio.cases import Case, Intake
from shopvisio.guides import Guide
from shopvisio.holds import Hold
from shopvisio.i18n import LANGUAGES, use
from shopvisio.inquiries import Inquiry
from shopvisio.intake import Draft
from shopvisio.invoices import Paper
from shopvisio.legal import Version
from shopvisio.orders import Order, Wish
from shopvisio.parts import Wanted
from shopvisio.resets import Reset
from shopvisio.steps import Wording
from shopvisio.web import guard
from tests.conftest import PASSWORD, Shop, a_customer, book_visit, open_shop

# pages that are another one for each name
EACH = {"customer.case", "desk.case", "owner.group", "legal.page", "books.period", "setup.step"}
ASKED = (
    ("stranger", "/call?link=x"),
    ("stranger", "/withdraw?link=x"),
    ("stranger", "/book/1?from=9999-12-31&zone=America/Cayenne"),
    ("owner", "/desk/settings?q=prix"),
    ("stranger", "/nowhere"),
)
HELD = {"name": "Paul", "email": "paul@exemple.example", "phone": "06 39 98 27 51", "dangers": ["nothing"], "done": []}

PARIS = ZoneInfo("Europe/Paris")
MINUTES = 15  # of a visit
TRIES = 250  # of the names of one route: what is no page yet is none

Names = dict[str, list[object]]


def main() -> None:
    """The shop, then its pages: ``[[who, path]]``."""
    now = clock.now().replace(second=0, microsecond=0)
    app = create_app(config.load())
    with app.app_context(), use("fr", settings.zone()):
        shop = open_shop(now - timedelta(days=30))
        with db.writing():
            settings.put({"holidays": "none", "notice_minutes": "0", "early_minutes": "240"}, "tests", now)
            for person in (shop.owner, shop.seller, shop.repairer):
                booking.set_hours(person, demo.ALWAYS)
            for service in (shop.repair, shop.sale):
                service.minutes, service.pause = MINUTES, 0
        with db.writing():
            fill(shop, now)
            for person in (shop.owner, shop.seller, shop.repairer):
                booking.set_hours(person, demo.OPEN)
        for paper in db.db.session.scalars(select(Paper)).all():
            with db.writing():
                invoices.store_pdf(db.db.session.get_one(Paper, paper.id), b"%PDF-1.7 of a paper nobody opens here")
        names = true_names()
        asked = [*ASKED, *by_their_own_links()]
    print(json.dumps([*pages(app, names), *asked]))


def fill(shop: Shop, now: datetime) -> None:
    """A case in every state, with its calls, parts and papers, and two bookings on their way."""
    back = (fits(now - n * timedelta(minutes=30)) for n in range(2, 40))
    guided(shop, now)
    setup.begin(now)
    invitations.invite("Léa Martin", "lea@shop.example", "seller", shop.owner, now)
    resets.offer(shop.seller, shop.owner, now)
    repaired = seen(shop.repair, shop.repairer, next(back))
    cases.propose(repaired, "repaired", "Filtre nettoyé, un bouchon retiré.", shop.repairer.actor, now)
    cases.answer(repaired, True, "", now)
    papers.issue(repaired, now)
    ratings.rate(repaired, 4, "Très patient, merci.", now)
    returned = seen(shop.repair, shop.repairer, next(back))
    cases.propose(returned, "repaired", "Joint remplacé.", shop.repairer.actor, now)
    cases.answer(returned, True, "", now)
    papers.issue(returned, now)
    guarantee.come_back(returned, "Elle goutte de nouveau.", now)
    not_repaired = seen(shop.repair, shop.repairer, next(back))
    why = cases.Why("end_of_life", "no_part")
    cases.propose(not_repaired, "not_repaired", "Moteur brûlé.", shop.repairer.actor, now, why)
    cases.answer(not_repaired, True, "", now)
    papers.issue(not_repaired, now)
    unanswered = seen(shop.repair, shop.repairer, next(back))
    cases.propose(unanswered, "repaired", "Joint remplacé.", shop.repairer.actor, now - timedelta(days=4))
    proposed = seen(shop.repair, shop.repairer, next(back))
    cases.propose(proposed, "repaired", "Joint remplacé.", shop.repairer.actor, now)
    said_no = seen(shop.repair, shop.repairer, next(back))
    cases.propose(said_no, "repaired", "Plus de bruit.", shop.repairer.actor, now)
    cases.answer(said_no, False, "Elle fuit encore, goutte à goutte.", now)
    for acts in range(4):
        of_part(seen(shop.repair, shop.repairer, next(back)), shop.repairer, acts, now)
    cases.dismiss(seen(shop.repair, shop.repairer, next(back)), "no_show", shop.repairer.actor, now)
    sold = seen(shop.sale, shop.seller, next(back))
    cases.propose(sold, "sold", "", shop.seller.actor, now)
    for acts in range(5):
        ordered(seen(shop.sale, shop.seller, next(back)), shop.seller, acts, now)
    cases.withdraw(book_visit(shop.repair, fits(now + timedelta(days=2)), now).case, now)
    booking.cancel(book_visit(shop.repair, fits(now + timedelta(days=3)), now), now)
    by_phone = ByStaff(shop.repairer.actor)
    said = {"terms": "Il accepte les conditions.", "immediate": "Il demande à commencer."}
    far = fits(now + timedelta(days=6))
    intake.take_down(shop.repair, a_customer(now), Intake("Four"), far, said, (), by_phone, now)
    on_the_way(shop.repair, fits(now + timedelta(days=4)), now, dangers=["water"], done=[])
    on_the_way(shop.repair, fits(now + timedelta(days=4)), now, dangers=["gas"], done=[])
    hold(on_the_way(shop.repair, fits(now + timedelta(days=5)), now, **HELD), now)
    inquiries.leave(db.public_id(20), {"name": "Paul", "contact": "06 39 98 27 51", "words": "Un four."}, "", now)
    for service in (shop.repair, shop.sale):
        soon = book_visit(service, fits(now + timedelta(minutes=5)), now)  # the waiting room is open
        calls.invite(soon, shop.owner.actor, now)
        book_visit(service, fits(now + timedelta(days=1)), now)
        on_the_way(service, fits(now + timedelta(days=4)), now, dangers=["nothing"], done=[])


def ordered(case: Case, seller: Staff, acts: int, now: datetime) -> None:
    """A basket, then an order that went on by so many acts."""
    variant = catalogue.search("")[0].variants[0]
    baskets.pick(case, variant.id, seller.actor, now)
    if not acts:
        return
    wish = (
        Wish("collect", "shop") if acts == 1 else Wish("deliver", "transfer", "4 impasse des Tilleuls", "69003", "Lyon")
    )
    order = orders.place(case, wish, case.customer.actor, now)
    if acts == 2:
        orders.cancel(order, "Cassée au magasin", seller.actor, now)
    if acts > 2:
        orders.send(order, "Colissimo", "https://suivi.example/6A", seller.actor, now)
    if acts > 3:
        orders.hand_out(order, case.customer.actor, now)
        orders.withdraw(order, now)


def fits(moment: datetime) -> datetime:
    """It, or the midnight that a visit would reach beyond: nobody works across."""
    midnight = (moment.astimezone(PARIS) + timedelta(minutes=MINUTES)).replace(hour=0, minute=0)
    return midnight.astimezone(UTC) if moment < midnight else moment


def on_the_way(service: Service, start: datetime, now: datetime, **more: object) -> Draft:
    """A booking that somebody is typing."""
    draft = intake.begin(service, start, "", now)
    intake.type_in(draft, device="Réservoir de WC", symptom="Il fuit.", **more)
    return draft


def hold(draft: Draft, now: datetime) -> None:
    """Its time is held until it is confirmed from the mail."""
    intake.agree(draft, legal.asked("repair", now), "", now)
    intake.hold(draft, now)


def guided(shop: Shop, now: datetime) -> None:
    """A case with steps in every state, stopped for danger, with a gate that waits; a draft of a guide."""
    case, actor = book_visit(shop.repair, fits(now + timedelta(days=4)), now).case, shop.repairer.actor
    for text, danger in (
        ("Couper l’eau", "danger"),
        ("Ôter le couvercle", "attention"),
        ("Nettoyer", ""),
        ("Fermer", ""),
    ):
        steps.write(case, Wording(text, "Doucement, à deux mains.", danger), actor)
    first, second, *_others = steps.of_case(case)
    for step in (first, second):
        steps.tick(case, step.id, case.customer.actor, now)
    steps.untick(case, second.id, actor, now)
    steps.remove(case, second.id, actor, now)
    guides.start(guides.listed("fr", "robinet goutte")[0], case, actor, now)
    stops.press(booking.appointments(case)[-1], case.customer.actor, "water", now)
    guides.begin("fr", shop.owner.actor, now)


def seen(service: Service, staff: Staff, start: datetime) -> Case:
    """A case whose first call took place."""
    appointment = book_visit(service, start, start - timedelta(days=1))
    call = calls.arrive(appointment, appointment.case.customer.actor, start)
    calls.arrive(appointment, staff.actor, start)
    calls.end(call, staff.actor, start + timedelta(minutes=12))
    return appointment.case


def of_part(case: Case, staff: Staff, acts: int, now: datetime) -> None:
    """A part, so many acts on its way."""
    parts.offer(case, Wanted("Joint de hublot", "481246", "", 1840), "Fendu en bas.", staff.actor, now)
    if acts > 0:
        parts.accept(case, case.offer, "14 montée de la Grande-Côte", "69001", "Lyon", now)
    if acts > 1:
        parts.send(case, case.parts[-1], "Colissimo", "https://suivi.example/8R123", staff.actor, now)
    if acts > 2:
        parts.receive(case, case.customer.actor, now)


def pages(app: Flask, names: Names) -> Iterator[tuple[str, str]]:
    """Who may see which page."""
    clients = {"stranger": app.test_client(), "owner": app.test_client()}
    app.config["WTF_CSRF_ENABLED"] = False
    clients["owner"].post("/signin", data={"email": "owner@shop.example", "password": PASSWORD})
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or "GET" not in (rule.methods or ()):
            continue
        who = "owner" if app.view_functions[rule.endpoint].rule.startswith("staff") else "stranger"  # type: ignore[attr-defined]
        tried = islice(paths(app, rule, names), TRIES)
        found = (path for path in tried if is_page(clients[who], path))
        for path in found if rule.endpoint in EACH else islice(found, 1):
            yield who, path


def true_names() -> Names:
    """What may stand in an address."""
    session = db.db.session
    found = list(session.scalars(select(Case).order_by(Case.id)))
    drafts, people, asking = (session.scalars(select(rows)) for rows in (Draft, Staff, Inquiry))
    visits = session.scalars(select(Appointment).order_by(Appointment.id.desc()))
    library = session.scalars(select(Guide).order_by(Guide.id.desc()))
    return {
        "token": [guard.token_of(case) for case in found],
        "key": [row.key for row in (*found, *drafts, *visits, *people, *asking, *library)],
        "group": list(settings.GROUPS),
        "name": [*legal.TEXTS, *setup.STEPS],
        "language": list(LANGUAGES),
        "number": [version.id for version in session.scalars(select(Version))],
        "day": [clock.now().date().isoformat()],
        "period": [f"{clock.now():%Y}", f"{clock.now():%Y-%m}"],
    }


def by_their_own_links() -> Iterator[tuple[str, str]]:
    """The pages whose address holds more than a name."""
    session, key = db.db.session, guard.secret_key()
    held = session.scalars(select(Draft).join(Hold)).one()
    yield "stranger", f"/confirm/{links.sign(key, links.HOLD, held.key)}"
    call = session.scalars(select(Call).where(Call.guest != "").limit(1)).one()
    yield "stranger", f"/guest/{guard.guest_token(call)}"
    basket = guard.token_of(session.scalars(select(Case).join(BasketLine).limit(1)).one())
    yield from (("stranger", f"/case/{basket}/{page}") for page in ("basket", "order"))
    for order in session.scalars(select(Order).order_by(Order.id)):
        yield "stranger", f"/case/{guard.token_of(order.case)}/orders/{order.number}"
        yield "owner", f"/desk/orders/{order.number}"
    sent = session.scalars(select(Order).where(Order.state == "sent")).one()
    yield "stranger", f"/case/{guard.token_of(sent.case)}/orders/{sent.number}/renounce"
    yield "stranger", f"/join/{guard.join_token(invitations.waiting(clock.now())[0])}"
    yield "stranger", f"/reset/{guard.reset_token(session.scalars(select(Reset)).one())}"
    yield "owner", f"/desk/book/1?start={held.start + timedelta(days=1):%Y-%m-%dT%H:%M}Z"


def paths(app: Flask, rule: Rule, names: Names) -> Iterator[str]:
    """The route with each true name in its place."""
    adapter, order = app.url_map.bind("localhost"), sorted(rule.arguments)
    choices = [names.get(n) or getattr(rule._converters[n], "items", None) or [1] for n in order]
    for values in product(*choices):
        yield adapter.build(rule.endpoint, dict(zip(order, values, strict=True)))


def is_page(client: FlaskClient, path: str) -> bool:
    """Whether a browser would show it: whole, not a piece that a page asks for."""
    with client.get(path) as answer:
        return answer.status_code == 200 and answer.mimetype == "text/html" and b"<html" in answer.data


if __name__ == "__main__":
    main()
    os._exit(0)
