"""What is chosen in a call: lines that are copies, and the links that carry them into the shop's own web shop."""

import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from conftest import NOW, TUESDAY_10, Shop, book_visit
from hypothesis import given
from hypothesis import strategies as st

from shopvisio import baskets, booking, calls, catalogue, settings, webshops
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.catalogue import Variant
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Forbidden, Invalid, NotFound
from shopvisio.webshops import Item

BASE = "https://boutique.example"
SHIRT = Item("Chemise, 38 / Noir", 2, product="812", variant="9001", sku="CH-38-N", url=f"{BASE}/p/chemise")
LAMP = Item("Lampe", 1, product="77", is_only=True, sku="LAMPE", url=f"{BASE}/p/lampe")
UNKNOWN = Item("Nappe", 1)


# -- the links


def test_woocommerce_takes_the_whole_basket_in_one_link() -> None:
    way = webshops.way("woocommerce", BASE, "", [SHIRT, LAMP])
    assert way.whole == f"{BASE}/checkout-link/?products=9001:2,77:1"


def test_an_older_woocommerce_takes_one_thing_after_the_other() -> None:
    way = webshops.way("woocommerce_each", BASE, "", [SHIRT, LAMP])
    assert [url for _name, url in way.links] == [
        f"{BASE}/?add-to-cart=9001&quantity=2",
        f"{BASE}/?add-to-cart=77&quantity=1",
    ]
    assert way.whole == ""


def test_shopify_wants_variants_and_opens_the_cart() -> None:
    way = webshops.way("shopify", BASE, "", [SHIRT, LAMP])
    assert way.links == (("Chemise, 38 / Noir", f"{BASE}/cart/9001:2?storefront=true"),)
    assert way.pages == (("Lampe", LAMP.url),), "a product's handle is no variant's number: its page is what there is"


def test_prestashop_is_opened_before_it_takes_anything() -> None:
    way = webshops.way("prestashop", BASE, "", [SHIRT, LAMP])
    asked = [dict(parse_qsl(urlsplit(url).query)) for _name, url in way.links]
    assert [(one["id_product"], one["id_product_attribute"], one["qty"]) for one in asked] == [
        ("812", "9001", "2"),
        ("77", "0", "1"),
    ]
    assert (way.first, way.whole) == (BASE, "")


def test_any_other_web_shop_has_a_pattern_of_its_own() -> None:
    own = f"{BASE}/panier?art=[{{sku}}x{{quantity}}]&von=visio"
    assert webshops.way("own", "", own, [SHIRT, LAMP]).whole == f"{BASE}/panier?art=CH-38-Nx2,LAMPEx1&von=visio"


def test_a_marker_tells_the_web_shop_where_a_visit_came_from() -> None:
    said = "utm_source=visio&utm_medium=appel"
    one, many = (webshops.way(kind, BASE, "", [SHIRT, LAMP], said) for kind in ("shopify", "woocommerce_each"))
    assert one.links[0][1].endswith(f"?storefront=true&{said}")
    assert one.pages[0][1].endswith(f"?{said}")
    assert all(url.endswith(f"&{said}") for _name, url in many.links)
    assert webshops.marked(f"{BASE}/p?a=1#bas", said) == f"{BASE}/p?a=1&{said}#bas"
    assert webshops.check_marker(f" ?{said} ") == said
    for wrong in ("visio", "a=1&", "a=<b>", "a=1 b=2", "a=1#b", "a=" + "1" * 120):
        with pytest.raises(ValueError, match="utm_source"):
            webshops.check_marker(wrong)


def test_what_the_web_shop_does_not_know_is_said() -> None:
    way = webshops.way("woocommerce", BASE, "", [LAMP, UNKNOWN])
    assert (way.unknown, way.whole) == (("Nappe",), "")
    assert len(way.links) == 1


@given(st.text(min_size=1, max_size=60), st.integers(1, 99))
def test_whatever_a_reference_holds_it_stays_one_word_of_the_address(sku: str, quantity: int) -> None:
    own = f"{BASE}/panier?ref={{sku}}&n={{quantity}}"
    way = webshops.way("own", "", own, [Item("X", quantity, sku=sku)])
    url = way.links[0][1]
    assert re.fullmatch(r"[\x21-\x7e]+", url)
    asked = urlsplit(url)
    assert (asked.hostname, asked.path) == ("boutique.example", "/panier")
    assert dict(parse_qsl(asked.query, keep_blank_values=True)) == {"ref": sku, "n": str(quantity)}


@pytest.mark.parametrize(
    "typed",
    [
        "boutique",
        "ftp://x.example",
        "javascript:alert(1)",
        "https://",
        f"{BASE}?a=1",
        f"{BASE}/{{id}}",
        "https://u@x.example",
    ],
)
def test_an_address_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="adresse"):
        webshops.check_base(typed)


@pytest.mark.parametrize(
    "typed",
    [
        f"{BASE}/panier",
        f"{BASE}/panier?ref={{name}}",
        f"{BASE}/[{{id}}]/[{{sku}}]",
        "https://{sku}/x",
        "/panier?ref={sku}",
        f"{BASE}/a b?ref={{sku}}",
        f"{BASE}/]{{id}}[",
    ],
)
def test_a_pattern_that_names_nothing_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        webshops.check_pattern(typed)


def test_each_known_pattern_is_one_that_an_owner_might_write() -> None:
    for kind in webshops.KINDS.values():
        webshops.check_pattern(BASE + kind.pattern.replace("{attribute}", "{variant}"))


# -- the basket


@pytest.fixture
def sale(shop: Shop) -> Case:
    """A sale booked for Tuesday at 10 h."""
    with writing():
        return book_visit(shop.sale, TUESDAY_10).case


@pytest.fixture
def maker(shop: Shop) -> Variant:
    """The coffee maker: the last one."""
    variant = catalogue.search("cafetière")[0].variants[0]
    with writing():
        variant.stock = 1
    return variant


def test_either_side_puts_in_and_both_see_the_same(sale: Case, shop: Shop, maker: Variant) -> None:
    with writing():
        maker.stock = 5
        baskets.pick(sale, maker.id, shop.seller.actor, NOW)
        baskets.pick(sale, maker.id, sale.customer.actor, NOW)
    (line,) = baskets.of(sale)
    assert (line.name, line.quantity, line.price, line.rate, line.gross) == (
        "Cafetière Lumio 12 tasses",
        2,
        8990,
        2000,
        17980,
    )


def test_a_line_is_a_copy_that_no_later_price_changes(sale: Case, shop: Shop, maker: Variant) -> None:
    with writing():
        baskets.pick(sale, maker.id, shop.seller.actor, NOW)
        maker.price, maker.product.name, maker.product.vat = 12000, "Autre nom", 550
    (line,) = baskets.of(sale)
    assert (line.name, line.price, line.rate) == ("Cafetière Lumio 12 tasses", 8990, 2000)


def test_more_than_there_are_is_refused_then_and_there(sale: Case, shop: Shop, maker: Variant) -> None:
    with writing():
        baskets.pick(sale, maker.id, shop.seller.actor, NOW)
    with pytest.raises(Conflict, match="qu’une pièce"), writing():
        baskets.pick(sale, maker.id, sale.customer.actor, NOW)
    with writing():
        maker.stock = 0
        baskets.change(sale, baskets.of(sale)[0].id, 0, sale.customer.actor, NOW)
    with pytest.raises(Conflict, match="plus"), writing():
        baskets.pick(sale, maker.id, shop.seller.actor, NOW)


def test_taken_out_twice_it_is_out_once(sale: Case, shop: Shop, maker: Variant) -> None:
    with writing():
        line = baskets.pick(sale, maker.id, shop.seller.actor, NOW).id
        baskets.change(sale, line, 0, shop.seller.actor, NOW)
        baskets.change(sale, line, 0, sale.customer.actor, NOW)
    assert baskets.of(sale) == []
    with pytest.raises(NotFound), writing():
        baskets.change(sale, line, 2, sale.customer.actor, NOW)


def test_a_guest_looks_and_buys_nothing(sale: Case, maker: Variant) -> None:
    with pytest.raises(Forbidden), writing():
        baskets.pick(sale, maker.id, Actor("guest", "Lucie"), NOW)


def test_a_hundred_pieces_are_too_many(sale: Case, shop: Shop, maker: Variant) -> None:
    with writing():
        maker.stock = None
        line = baskets.pick(sale, maker.id, shop.seller.actor, NOW)
    for number in (-1, 100):
        with pytest.raises(Invalid), writing():
            baskets.change(sale, line.id, number, shop.seller.actor, NOW)


def test_another_cases_line_is_nobodys_to_change(sale: Case, shop: Shop, maker: Variant) -> None:
    with writing():
        other = book_visit(shop.sale, TUESDAY_10 + timedelta(hours=5)).case
        line = baskets.pick(sale, maker.id, shop.seller.actor, NOW).id
    with pytest.raises(NotFound), writing():
        baskets.change(other, line, 1, other.customer.actor, NOW)


def test_prices_hold_for_seven_days_after_the_calls_end(sale: Case, shop: Shop, maker: Variant) -> None:
    ended = TUESDAY_10 + timedelta(minutes=20)
    with writing():
        call = calls.arrive(booking.appointments(sale)[0], shop.seller.actor, TUESDAY_10)
        baskets.pick(sale, maker.id, shop.seller.actor, TUESDAY_10)
        calls.end(call, shop.seller.actor, ended)
    assert baskets.until(sale) == ended + timedelta(days=7)
    assert baskets.is_open(sale, ended + timedelta(days=6, hours=23))
    with pytest.raises(Conflict, match="sept jours"), writing():
        baskets.pick(sale, maker.id, sale.customer.actor, ended + timedelta(days=7))


def test_what_was_shown_is_told_once_each_in_its_order(sale: Case, shop: Shop, maker: Variant) -> None:
    with writing():
        lamp = catalogue.add("Lampe", "20", "", "", NOW)
        call = calls.of(booking.appointments(sale)[0])
        for product in (maker.product, lamp, maker.product):
            calls.show(call, shop.seller.actor, product, NOW)
    assert [product.name for product in baskets.shown(sale)] == ["Cafetière Lumio 12 tasses", "Lampe"]


def test_the_basket_goes_to_the_web_shop_and_stays_here(sale: Case, shop: Shop, maker: Variant) -> None:
    with writing():
        settings.put({"web_shop": "woocommerce", "web_shop_url": f"{BASE}/"}, "tests", NOW)
        maker.product.origin, maker.product.outside = "woocommerce", "512"
        baskets.pick(sale, maker.id, shop.seller.actor, NOW)
        way = baskets.hand_over(sale, sale.customer.actor, NOW)
    assert way.whole == f"{BASE}/checkout-link/?products=512:1"
    assert len(baskets.of(sale)) == 1
    assert sale.journal[-1].kind == "handed_to_web_shop"
    assert db.session.get_one(Variant, maker.id).stock == 1, "the web shop keeps its own stock"
