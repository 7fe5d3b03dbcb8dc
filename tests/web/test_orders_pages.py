"""The basket in the call, the recap after it, and the orders: as both sides meet them on their pages."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NOW, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from stripe_stand_in import KEY, SECRET, StandIn, standing_in
from test_card_refunds import teller_beside

from shopvisio import (
    baskets,
    booking,
    calls,
    cases,
    catalogue,
    clock,
    config,
    invoices,
    mail,
    orders,
    payments,
    settings,
    showing,
    summaries,
)
from shopvisio.catalogue import Variant
from shopvisio.db import db, writing
from shopvisio.mail import Mail
from shopvisio.sheet import Summary
from shopvisio.sheet import pdf as drawing
from shopvisio.web import guard, signalling

__all__ = ["teller_beside"]

MEDIA = {"mic": True, "camera": "on", "sound": True, "voice": False}
HOME = {"way": "deliver", "pay": "transfer", "street": "4 impasse des Tilleuls", "postcode": "69003", "city": "Lyon"}
AGREED = HOME | {"terms": "y"}


@pytest.fixture(scope="module")
def everybodys_stripe() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture
def settled(tmp_path: Path, everybodys_stripe: StandIn) -> config.Config:
    stripe = everybodys_stripe.address
    return config.load({"SHOPVISIO_DATA": str(tmp_path / "data"), "SHOPVISIO_STRIPE_API": stripe})


@dataclass
class Sale:
    """A sale booked for Tuesday at 10 h, and the pages of its customer."""

    app: Flask
    customer: FlaskClient
    path: str
    key: str
    case_key: str
    maker: int  # the variant of the coffee maker: 89,90 €, three are left
    shirt: tuple[int, int]  # two sizes of a shirt, 45 €

    @property
    def token(self) -> str:
        """What opens the customer's pages."""
        return self.path.rpartition("/")[2]

    def pick(self, variant: int) -> None:
        """Staff put one in."""
        with self.app.app_context(), writing():
            case = guard.case_behind(self.token)
            baskets.pick(case, variant, booking.appointments(case)[0].staff.actor, NOW)

    def set(self, **typed: str) -> None:
        """The owner changes settings."""
        with self.app.app_context(), writing():
            settings.put(typed, "tests", NOW)

    def order(self, **typed: str) -> str:
        """The customer commits; answers the address of the order's page."""
        answer = self.customer.post(f"{self.path}/order", data=AGREED | typed)
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def stock(self) -> int | None:
        """How many coffee makers are left."""
        with self.app.app_context():
            return db.session.get_one(Variant, self.maker).stock

    def mails(self) -> list[Mail]:
        """Every mail written, in order."""
        with self.app.app_context():
            return list(db.session.scalars(db.select(Mail).order_by(Mail.id)))


@pytest.fixture
def sale(open_app: Flask, stranger: FlaskClient) -> Sale:
    with open_app.app_context(), writing():
        visit = book_visit(booking.services("sale")[0], TUESDAY_10)
        maker = catalogue.search("cafetière")[0].variants[0]
        maker.stock = 3
        shirt = catalogue.add("Chemise en lin lavé", "45", "https://boutique.example/chemise", "Coupe droite", NOW)
        shirt.options, shirt.every_variant[0].label = "Taille", "38"
        shirt.every_variant.append(Variant(label="40", price=4500, place=1, sku="CH-40", stock=0))
        db.session.flush()
        sizes = (shirt.every_variant[0].id, shirt.every_variant[1].id)
        token = guard.token_of(visit.case)
        return Sale(open_app, stranger, f"/case/{token}", visit.key, visit.case.key, maker.id, sizes)


# -- in the call


@pytest.fixture
def line(sale: Sale, clock_: Clock) -> Iterator[Callable[..., SocketIOTestClient]]:
    clock_.now = TUESDAY_10
    opened: list[SocketIOTestClient] = []

    def connect(client: FlaskClient, **auth: Any) -> SocketIOTestClient:
        opened.append(signalling.socketio.test_client(sale.app, auth=auth, flask_test_client=client))
        assert ask(opened[-1], "enter", MEDIA).get("seat")
        opened[-1].get_received()
        return opened[-1]

    yield connect
    for one in opened:
        one.disconnect()


def ask(page: SocketIOTestClient, event: str, payload: Any) -> dict[str, Any]:
    answer = page.emit(event, payload, callback=True)
    assert isinstance(answer, dict)
    return answer


def heard(page: SocketIOTestClient) -> list[str]:
    return [one["name"] for one in page.get_received()]


def test_the_basket_is_built_by_both_and_seen_by_both(
    sale: Sale, line: Callable[..., SocketIOTestClient], seller_client: FlaskClient
) -> None:
    seller, customer = (
        line(seller_client, appointment=sale.key),
        line(sale.customer, case=sale.token, appointment=sale.key),
    )
    seller.get_received()
    assert ask(seller, "pick", {"variant": sale.maker}) == {"name": "Cafetière Lumio 12 tasses"}
    assert "basket" in heard(customer)
    mine, theirs = (
        sale.customer.get(f"{sale.path}/basket/piece").text,
        seller_client.get(f"/desk/cases/{sale.case_key}/basket").text,
    )
    assert "Cafetière Lumio 12 tasses" in mine
    assert "Cafetière Lumio 12 tasses" in theirs
    row = int(re.findall(r'data-line="(\d+)" data-pieces="2"', mine)[0])
    seller.get_received()
    assert ask(customer, "pieces", {"line": row, "quantity": 3}) == {}
    assert "basket" in heard(seller)
    assert "269,70" in seller_client.get(f"/desk/cases/{sale.case_key}/basket").text
    assert ask(seller, "pieces", {"line": row, "quantity": 4})["error"] == "conflict"
    assert ask(customer, "pieces", {"line": row, "quantity": 0}) == {}
    assert sale.customer.get(f"{sale.path}/basket/piece").text.strip() == ""


def test_nonsense_about_the_basket_is_refused(sale: Sale, line: Callable[..., SocketIOTestClient]) -> None:
    customer = line(sale.customer, case=sale.token, appointment=sale.key)
    for event, payload in (
        ("pick", {"variant": 0}),
        ("pick", {"variant": "1"}),
        ("pick", {}),
        ("pieces", {"line": 1, "quantity": -1}),
        ("pieces", {"line": 1, "quantity": 1.5}),
        ("pieces", {"line": 1}),
    ):
        assert ask(customer, event, payload)["error"] == "invalid", (event, payload)
    assert ask(customer, "pick", {"variant": 9999})["error"] == "not_found"
    assert ask(customer, "pieces", {"line": 9999, "quantity": 1})["error"] == "not_found"


# -- the recap


def test_the_recap_says_what_it_costs_and_until_when_and_works_without_a_script(sale: Sale) -> None:
    sale.pick(sale.maker)
    page = sale.customer.get(f"{sale.path}/basket").text
    assert "Cafetière Lumio 12 tasses" in page
    assert "89,90\u00a0€" in page
    assert "Ces prix valent jusqu’au mardi 1er décembre, 10\u00a0h\u00a030" in page
    row = re.findall(r'name="line" value="(\d+)"', page)[0]
    change = f"{sale.path}/basket/change"
    assert sale.customer.post(change, data={"line": row, "quantity": "3"}).status_code == 303
    assert "269,70" in sale.customer.get(f"{sale.path}/basket").text
    refused = sale.customer.post(change, data={"line": row, "quantity": "4"})
    assert refused.status_code == 409
    assert "il n’en reste que 3" in refused.text
    sale.customer.post(change, data={"line": row, "quantity": "0"})
    assert "Il n’y a rien dans le panier" in sale.customer.get(f"{sale.path}/basket").text


def test_what_was_shown_may_still_be_chosen_and_what_is_gone_may_not(sale: Sale) -> None:
    with sale.app.app_context(), writing():
        visit = booking.find(sale.key)
        assert visit is not None
        shirt = catalogue.find_variant(sale.shirt[0]).product
        calls.show(calls.of(visit), visit.staff.actor, shirt, NOW)
    page = sale.customer.get(f"{sale.path}/basket").text
    assert "Ce qui vous a été montré" in page
    assert re.search(rf'<option value="{sale.shirt[1]}" disabled>40', page)
    pick = f"{sale.path}/basket/pick"
    assert sale.customer.post(pick, data={"variant": sale.shirt[0]}).status_code == 303
    refused = sale.customer.post(pick, data={"variant": sale.shirt[1]})
    assert (refused.status_code, "il n’y en a plus" in refused.text) == (409, True)
    assert sale.customer.post(pick, data={"variant": "x"}).status_code == 404


def test_after_the_call_the_recap_is_mailed_once(sale: Sale, run_jobs: Callable[[], int], clock_: Clock) -> None:
    sale.pick(sale.maker)
    sale.pick(sale.shirt[0])
    clock_.now = TUESDAY_10
    with sale.app.app_context(), writing():
        visit = booking.find(sale.key)
        assert visit is not None
        call = calls.arrive(visit, visit.staff.actor, TUESDAY_10)
        for _ in range(2):
            calls.end(call, visit.staff.actor, clock_.pass_(minutes=10))
    run_jobs()
    (told,) = [one for one in sale.mails() if one.name == "recap"]
    assert "134,90\u00a0€" in told.text
    assert f"{sale.path}/basket" in told.text
    assert "mardi 1er décembre" in told.subject


def test_seven_days_later_it_is_read_and_no_more(sale: Sale, clock_: Clock) -> None:
    sale.pick(sale.maker)
    clock_.now = TUESDAY_10 + timedelta(days=8)
    page = sale.customer.get(f"{sale.path}/basket").text
    assert "Ces prix ont valu jusqu’au" in page
    assert "/order" not in page
    assert sale.customer.post(f"{sale.path}/basket/pick", data={"variant": sale.maker}).status_code == 409
    assert sale.customer.post(f"{sale.path}/order", data=AGREED).status_code == 409
    assert sale.stock() == 3


# -- into the web shop


def test_one_tap_leads_into_the_web_shop_and_the_desk_knows(sale: Sale, seller_client: FlaskClient) -> None:
    sale.set(web_shop="woocommerce", web_shop_url="https://boutique.example", web_shop_marker="utm_source=visio")
    with sale.app.app_context(), writing():
        catalogue.find_variant(sale.maker).outside = "512"
        catalogue.find_variant(sale.shirt[0]).outside = "601"
    sale.pick(sale.maker)
    sale.pick(sale.shirt[0])
    assert 'target="_blank"' in sale.customer.get(f"{sale.path}/basket").text
    away = sale.customer.post(f"{sale.path}/basket/switch")
    assert "0; url=https://boutique.example/checkout-link/?products=512:1,601:1&amp;utm_source=visio" in away.text
    assert away.headers["Referrer-Policy"] == "same-origin"
    assert "passe à la boutique en ligne" in seller_client.get(f"/desk/cases/{sale.case_key}").text
    for page in (f"/desk/cases/{sale.case_key}", f"/desk/cases/{sale.case_key}/basket"):
        assert "Passé à votre boutique en ligne" in seller_client.get(page).text
    assert sale.customer.get(f"{sale.path}/order").location.endswith("/basket"), "nothing is ordered here"


def test_what_needs_several_links_is_a_list_to_tap(sale: Sale) -> None:
    sale.set(web_shop="prestashop", web_shop_url="https://boutique.example")
    with sale.app.app_context(), writing():
        catalogue.find_variant(sale.maker).product.outside = "12"
    sale.pick(sale.maker)
    sale.pick(sale.shirt[0])
    page = sale.customer.post(f"{sale.path}/basket/switch").text
    assert "http-equiv" not in page
    assert "id_product=12&amp;id_product_attribute=0&amp;qty=1" in page
    assert 'href="https://boutique.example/chemise"' in page


def test_an_empty_basket_goes_nowhere(sale: Sale) -> None:
    assert sale.customer.post(f"{sale.path}/basket/switch").status_code == 409


def test_the_owner_tries_the_links_beside_the_settings(sale: Sale, owner_client: FlaskClient) -> None:
    address = "/desk/settings/selling"
    assert "rien à essayer" in owner_client.get(address).text
    shown = owner_client.get(address).text
    typed = dict(re.findall(r'name="(\w+)"[^>]*value="([^"]*)"', shown)) | {
        "web_shop": "shopify",
        "web_shop_url": "",
        "delivery": "yes",
        "collect": "yes",
    }
    refused = owner_client.post(address, data=typed)
    assert (refused.status_code, "Nécessaire pour y remplir le panier" in refused.text) == (422, True)
    with sale.app.app_context(), writing():
        catalogue.find_variant(sale.maker).outside = "4411"
    assert owner_client.post(address, data=typed | {"web_shop_url": "https://boutique.example/"}).status_code == 303
    page = owner_client.get(address).text
    assert 'href="https://boutique.example/cart/4411:1?storefront=true"' in page
    assert "Sans son numéro dans votre boutique en ligne" in page


# -- ordering here


def deliver(sale: Sale) -> None:
    """The papers of the first order are drawn."""
    with sale.app.app_context(), writing():
        paper = orders.find("C2026-0001").paper
        assert paper is not None
        for one in (paper, *invoices.credits_of(paper)):
            if invoices.pdf_of(one) is None:
                invoices.store_pdf(one, b"%PDF-1.7 as delivered")


def pay_by_card(sale: Sale, stripe: StandIn) -> None:
    """The customer pays it on Stripe's page, and Stripe says so."""
    away = sale.customer.post(f"{sale.path}/paper/F2026-000001/pay").text
    session = re.findall(r"0; url=https://checkout\.example/(\w+)", away)[0]
    stripe.pay(session)
    body, signature = stripe.webhook(session, clock.now())
    sale.customer.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signature})


def test_an_order_is_placed_paid_invoiced_and_sent(
    sale: Sale, seller_client: FlaskClient, run_jobs: Callable[[], int], clock_: Clock, everybodys_stripe: StandIn
) -> None:
    sale.set(stripe_key=KEY, stripe_webhook=SECRET)
    sale.pick(sale.maker)
    page = sale.customer.get(f"{sale.path}/order").text
    assert "commande avec obligation de paiement" in page
    order = sale.order(pay="card")
    assert order.endswith("/orders/C2026-0001")
    assert "Votre facture se prépare" in sale.customer.get(order).text, "paid once the invoice is delivered, not before"
    deliver(sale)
    assert "Payer par carte" in sale.customer.get(order).text
    pay_by_card(sale, everybodys_stripe)
    assert everybodys_stripe.asked[-1][1]["line_items[0][price_data][unit_amount]"] == "9580"
    run_jobs()
    assert "Payée" in sale.customer.get(order).text
    desk = "/desk/orders/C2026-0001"
    assert "L’emballer et l’envoyer" in seller_client.get("/desk/orders").text
    assert "Commande à préparer" in seller_client.get("/desk").text
    sent = {"carrier": "Colissimo", "tracking": "https://suivi.example/6A"}
    assert seller_client.post(f"{desk}/send", data=sent).status_code == 303
    assert 'href="https://suivi.example/6A"' in sale.customer.get(order).text
    assert sale.customer.post(f"{order}/received").status_code == 303
    assert sale.customer.post(f"{order}/received").status_code == 303
    assert "Remise" in seller_client.get(desk).text
    run_jobs()
    assert [one.subject for one in sale.mails() if one.name == "order"] == [
        "Votre commande C2026-0001 est enregistrée",
        "Votre commande C2026-0001 est en route",
    ]
    assert "Commande à préparer, dossier D2026-0001" in [one.subject for one in sale.mails() if one.name == "staff"]
    confirmation = next(one for one in sale.mails() if one.name == "order")
    assert "14 jours" in confirmation.text
    (terms,) = mail.files_of(confirmation)
    assert terms["name"].startswith("terms-")
    with sale.app.app_context():
        assert payments.owed_in_all() == 0
        assert [one.kind for one in cases.consents(guard.case_behind(sale.token))] == ["terms"]


def text_of(summary: Summary | None) -> str:
    """What stands on it, as it would be drawn."""
    assert summary is not None
    return drawing.page(summary).replace("\u00a0", " ").replace("\u202f", " ")


def test_the_order_and_the_basket_are_kept_as_pdf_by_who_wants_them(
    sale: Sale, run_jobs: Callable[[], int], clock_: Clock, seller_client: FlaskClient
) -> None:
    with sale.app.app_context(), writing():
        visit = booking.find(sale.key)
        assert visit is not None
        call = calls.arrive(visit, visit.staff.actor, NOW)
        shirt = db.session.get_one(Variant, sale.shirt[0]).product
        showing.show(call, visit.staff.actor, shirt.id, NOW)
    sale.pick(sale.maker)
    sale.pick(sale.maker)
    with sale.app.app_context():
        basket = text_of(summaries.of_basket(guard.case_behind(sale.token), NOW))
    for said in ("Récapitulatif", "Cafetière Lumio 12 tasses", "2 × 89,90 €", "179,80 €", "Aussi montré", "45,00 €"):
        assert said in basket, said
    assert "Ils valent jusqu’au" in basket
    assert f"{sale.path}/basket/recap.pdf" in sale.customer.get(f"{sale.path}/basket").text
    order = sale.order()
    run_jobs()
    assert any(f"{order}/confirmation.pdf" in one.text for one in sale.mails() if one.name == "order")
    assert f"{order}/confirmation.pdf" in sale.customer.get(order).text
    with sale.app.app_context():
        confirmed = text_of(summaries.of_order(orders.find("C2026-0001")))
    for said in ("Confirmation de commande", "C2026-0001", "4 impasse des Tilleuls", "185,70 €", "14 jours"):
        assert said in confirmed, said
    pdf = sale.customer.get(f"{order}/confirmation.pdf")  # by the child, as everybody gets it
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert sale.customer.get(f"{sale.path}/orders/C2026-0099/confirmation.pdf").status_code == 404


def test_where_nothing_was_shown_or_chosen_there_is_nothing_to_keep(sale: Sale) -> None:
    assert "recap.pdf" not in sale.customer.get(f"{sale.path}/basket").text
    assert sale.customer.get(f"{sale.path}/basket/recap.pdf").status_code == 404


def test_an_order_paid_by_card_and_called_off_is_given_back_by_itself(
    sale: Sale, seller_client: FlaskClient, run_jobs: Callable[[], int], clock_: Clock, everybodys_stripe: StandIn
) -> None:
    sale.set(stripe_key=KEY, stripe_webhook=SECRET)
    sale.pick(sale.maker)
    order = sale.order(pay="card")
    deliver(sale)
    pay_by_card(sale, everybodys_stripe)
    run_jobs()
    assert sale.customer.post(f"{order}/renounce").status_code == 303
    assert "95,80\u00a0€ repartent vers votre carte" in sale.customer.get(order).text
    run_jobs()
    assert everybodys_stripe.refunds[-1]["amount"] == "9580"
    assert "95,80\u00a0€ vous ont été remboursés" in sale.customer.get(order).text
    assert "Noter le remboursement" not in seller_client.get("/desk/orders/C2026-0001").text


def test_what_comes_back_piece_by_piece_goes_back_to_the_card_that_paid_it(
    sale: Sale, seller_client: FlaskClient, run_jobs: Callable[[], int], everybodys_stripe: StandIn
) -> None:
    sale.set(stripe_key=KEY, stripe_webhook=SECRET)
    sale.pick(sale.maker)
    sale.pick(sale.maker)
    order, desk = sale.order(pay="card"), "/desk/orders/C2026-0001"
    deliver(sale)
    pay_by_card(sale, everybodys_stripe)
    run_jobs()
    before = len(everybodys_stripe.refunds)

    def gone_back() -> list[int]:
        return [int(one["amount"]) for one in everybodys_stripe.refunds[before:]]

    seller_client.post(f"{desk}/send", data={"carrier": "Colissimo"})
    sale.customer.post(f"{order}/received")
    assert sale.customer.post(f"{order}/renounce").status_code == 303
    assert "repartent" not in sale.customer.get(order).text, "not before the goods are back"
    page = seller_client.get(desk).text
    line = re.findall(r'name="line-(\d+)"', page)[0]
    assert re.search(r'<input checked[^>]*name="delivery"', page), "who renounces gets back what bringing it cost, too"
    assert seller_client.post(f"{desk}/return", data={f"line-{line}": "1"}).status_code == 303
    assert "89,90\u00a0€ repartent vers votre carte" in sale.customer.get(order).text
    assert "notez le retour" in seller_client.get(desk).text, "one piece is still to come"
    deliver(sale)
    run_jobs()
    assert (gone_back(), sale.stock()) == ([8990], 2)
    assert "89,90\u00a0€ vous ont été remboursés" in sale.customer.get(order).text
    both = {f"line-{line}": "1", "delivery": "y"}
    assert [seller_client.post(f"{desk}/return", data=both).status_code for _twice in range(2)] == [303, 422]
    run_jobs()
    assert (gone_back(), sale.stock()) == ([8990, 9580], 3)
    assert "185,70\u00a0€ vous ont été remboursés" in sale.customer.get(order).text
    page = seller_client.get(desk).text
    assert "Rien à faire" in page
    assert not [words for words in ("Noter le remboursement", "notez le retour", "Noter un retour") if words in page]
    assert [one for one in sale.mails() if "A2026-000002" in one.subject], "the credit note reaches the customer"
    with sale.app.app_context():
        assert payments.verify() == []
        notes = invoices.credits_of(orders.find("C2026-0001").paper)  # type: ignore[arg-type]
        assert [(note.gross, payments.to_give_back(note)) for note in notes] == [(8990, 0), (9580, 0)]


def test_a_return_that_the_bank_refuses_is_the_shops_to_give_back_otherwise(
    sale: Sale, seller_client: FlaskClient, run_jobs: Callable[[], int], everybodys_stripe: StandIn
) -> None:
    sale.set(stripe_key=KEY, stripe_webhook=SECRET)
    sale.pick(sale.maker)
    order, desk = sale.order(pay="card"), "/desk/orders/C2026-0001"
    deliver(sale)
    pay_by_card(sale, everybodys_stripe)
    run_jobs()
    seller_client.post(f"{desk}/send", data={})
    line = re.findall(r'name="line-(\d+)"', seller_client.get(desk).text)[0]
    seller_client.post(f"{desk}/return", data={f"line-{line}": "1", "delivery": "y"})
    deliver(sale)
    run_jobs()
    refund = everybodys_stripe.refunds[-1]["id"]
    everybodys_stripe.refuse(refund)
    body, signature = everybodys_stripe.webhook(refund, clock.now())
    sale.customer.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signature})
    run_jobs()
    assert "Rendre 95,80\u00a0€ au client" in seller_client.get(desk).text
    assert "Nous vous remboursons 95,80\u00a0€ sous 14 jours" in sale.customer.get(order).text
    with sale.app.app_context():
        assert payments.verify() == []


def test_what_was_paid_otherwise_is_the_shops_to_give_back_and_the_page_says_so(
    sale: Sale, seller_client: FlaskClient
) -> None:
    sale.pick(sale.maker)
    order = sale.order()
    deliver(sale)
    desk = "/desk/orders/C2026-0001"
    assert "Ce qu’il a payé" not in seller_client.get(desk).text, "nothing is paid yet"
    seller_client.post("/desk/papers/F2026-000001/paid", data={"amount": "95,80", "method": "transfer"})
    seller_client.post(f"{desk}/cancel", data={"reason": "Abîmée au magasin."})
    page = seller_client.get(desk).text
    assert "Rendre 95,80\u00a0€ au client" in page
    assert "Nous vous remboursons 95,80\u00a0€ sous 14 jours" in sale.customer.get(order).text
    note = re.findall(r'href="(/desk/papers/A[^"]+)">Noter', page)[0]
    seller_client.post(f"{note}/refund", data={"amount": "95,80", "method": "transfer"})
    assert "Rien à faire" in seller_client.get(desk).text
    assert "95,80\u00a0€ vous ont été remboursés" in sale.customer.get(order).text


def test_what_is_missing_is_named_and_what_was_typed_is_kept(sale: Sale) -> None:
    sale.pick(sale.maker)
    answer = sale.customer.post(f"{sale.path}/order", data=HOME | {"street": ""})
    assert answer.status_code == 422
    assert "Cochez cette case pour commander" in answer.text
    answer = sale.customer.post(f"{sale.path}/order", data=AGREED | {"street": ""})
    assert answer.status_code == 422
    assert "Il manque le numéro et la rue" in answer.text
    assert 'value="69003"' in answer.text
    assert sale.stock() == 3


def test_two_orders_for_the_last_piece_one_wins_and_the_other_reads_why(sale: Sale, open_app: Flask) -> None:
    with open_app.app_context(), writing():
        catalogue.find_variant(sale.maker).stock = 1
        other = book_visit(booking.services("sale")[0], TUESDAY_10 + timedelta(hours=5)).case
        baskets.pick(other, sale.maker, other.customer.actor, NOW)
        path = f"/case/{guard.token_of(other)}"
    sale.pick(sale.maker)
    sale.order()
    lost = open_app.test_client().post(f"{path}/order", data=AGREED)
    assert lost.status_code == 409
    assert "Cafetière Lumio 12 tasses : il n’y en a plus." in lost.text.replace("\u00a0", " ")
    assert "Rien n’est commandé" in lost.text
    assert 'value="4 impasse des Tilleuls"' in lost.text
    assert sale.stock() == 0
    with open_app.app_context():
        assert invoices.count() == 1


def test_sent_twice_it_is_ordered_once(sale: Sale) -> None:
    sale.pick(sale.maker)
    assert sale.order() == sale.order()
    assert sale.stock() == 2


def test_it_is_collected_and_paid_at_the_shop(sale: Sale, seller_client: FlaskClient) -> None:
    sale.pick(sale.maker)
    order = sale.order(way="collect", pay="shop", street="", postcode="", city="")
    desk = "/desk/orders/C2026-0001"
    assert "Reste" in seller_client.get(desk).text
    seller_client.post(f"{desk}/ready")
    assert "vous attend" in sale.customer.get(order).text
    number = re.findall(r"F2026-\d+", seller_client.get(desk).text)[0]
    paid = seller_client.post(f"/desk/papers/{number}/paid", data={"amount": "89,90", "method": "cash"})
    assert paid.status_code == 303
    assert seller_client.post(f"{desk}/done").status_code == 303
    assert seller_client.post(f"{desk}/done").status_code == 409
    assert "Payée" in sale.customer.get(order).text


def test_the_shop_cancels_with_a_reason_and_the_stock_is_back(
    sale: Sale, seller_client: FlaskClient, run_jobs: Callable[[], int]
) -> None:
    sale.pick(sale.maker)
    order = sale.order()
    desk = "/desk/orders/C2026-0001"
    refused = seller_client.post(f"{desk}/cancel", data={"reason": ""})
    assert (refused.status_code, "Indiquez le motif" in refused.text) == (422, True)
    assert seller_client.post(f"{desk}/cancel", data={"reason": "Cassée au magasin"}).status_code == 303
    assert sale.stock() == 3
    assert "Commande annulée" in sale.customer.get(order).text
    assert "Avoir A2026-000001" in sale.customer.get(order).text


def test_the_customer_renounces_before_it_leaves_and_after(
    sale: Sale, seller_client: FlaskClient, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    sale.pick(sale.maker)
    first = sale.order()
    page = sale.customer.get(f"{first}/renounce").text
    assert "Je soussigné(e)" in page
    assert "annulée tout de suite" in page
    assert sale.stock() == 2, "opening the page declares nothing"
    for _ in range(2):
        assert sale.customer.post(f"{first}/renounce").status_code == 303
    assert sale.stock() == 3
    sale.pick(sale.maker)
    second = sale.order()
    desk = "/desk/orders/C2026-0002"
    seller_client.post(f"{desk}/send", data={})
    sale.customer.post(f"{second}/received")
    sale.customer.post(f"{second}/renounce")
    assert "Vous avez renoncé" in sale.customer.get(second).text
    row = re.findall(r'name="line-(\d+)"', seller_client.get(desk).text)[0]
    too_many = seller_client.post(f"{desk}/return", data={f"line-{row}": "2"})
    assert (too_many.status_code, "vérifiez les nombres" in too_many.text) == (422, True)
    assert seller_client.post(f"{desk}/return", data={f"line-{row}": "x"}).status_code == 422
    assert seller_client.post(f"{desk}/return", data={f"line-{row}": "1", "delivery": "y"}).status_code == 303
    assert sale.stock() == 3
    run_jobs()
    told = [one.subject for one in sale.mails() if one.name == "order" and "renoncez" in one.subject]
    assert len(told) == 2
    clock_.pass_(days=20)
    assert sale.customer.get(f"{second}/renounce").status_code == 303


def test_another_customers_order_and_basket_stay_shut(sale: Sale, open_app: Flask) -> None:
    sale.pick(sale.maker)
    sale.order()
    with open_app.app_context(), writing():
        other = book_visit(booking.services("sale")[0], TUESDAY_10 + timedelta(hours=5)).case
        path = f"/case/{guard.token_of(other)}"
    assert sale.customer.get(f"{path}/orders/C2026-0001").status_code == 404
    assert sale.customer.post(f"{path}/orders/C2026-0001/renounce").status_code == 404
    assert sale.customer.get(f"{sale.path}x/basket").status_code == 404
