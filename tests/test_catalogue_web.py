"""Products from the web: what a page tells, and that nothing private is ever asked, by whatever way it is named."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shopvisio import child
from shopvisio.catalogue.fetching import LARGEST, Network, Refused, fetch, is_public
from shopvisio.catalogue.reading import read
from shopvisio.errors import Invalid, Unavailable

URL = "https://boutique.example/produit/chemise"
PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "name": "Bouilloire &amp; filtre",
    "description": "<p>1,7 L</p>",
    "image": ["/b1.jpg", {"@type": "ImageObject", "url": "https://cdn.example/b2.jpg"}],
    "sku": "BOU",
    "gtin13": "3760123456784",
    "offers": {"@type": "Offer", "price": 49.9, "priceCurrency": "EUR", "availability": "https://schema.org/InStock"},
}


def page(*data: object, meta: str = "") -> str:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in data)
    return f"<html><head>{meta}{scripts}</head><body>…</body></html>"


def test_a_product_is_read_from_what_its_page_tells_search_engines() -> None:
    site = {"@type": "WebSite", "name": "Boutique"}
    found = read(page(site, {"@graph": [{"@type": "BreadcrumbList"}, PRODUCT]}), URL)
    assert (found.name, found.summary, found.url) == ("Bouilloire & filtre", "1,7 L", URL)
    assert found.pictures == ["https://boutique.example/b1.jpg", "https://cdn.example/b2.jpg"]
    (only,) = found.variants
    assert (only.price, only.sku, only.barcode, only.stock, only.label) == (4990, "BOU", "3760123456784", None, "")


def test_a_group_has_its_variants() -> None:
    group = {
        "@type": "ProductGroup",
        "name": "Chemise",
        "hasVariant": [
            {"@type": "Product", "name": "Chemise 38", "size": "38", "color": "Noir", "sku": "C38",
             "offers": {"price": "59,90", "priceCurrency": "EUR", "availability": "OutOfStock"}},
            {"@type": "Product", "name": "Chemise 40", "size": "40", "color": "Noir", "sku": "C40",
             "offers": [{"@type": "AggregateOffer", "lowPrice": "64.90", "priceCurrency": "EUR"}]},
        ],
    }  # fmt: skip
    found = read(page(group), URL)
    assert (found.options, [(one.label, one.price, one.stock) for one in found.variants]) == (
        "Taille / Couleur",
        [("38 / Noir", 5990, 0), ("40 / Noir", 6490, None)],
    )


def test_open_graph_is_read_where_there_is_nothing_better() -> None:
    meta = (
        '<meta property="og:title" content="Tasse"><meta property="og:image" content="/t.jpg">'
        '<meta property="product:price:amount" content="12.50"><meta property="product:availability" content="oos">'
    )
    found = read('<script type="application/ld+json">{broken</script>' + page(meta=meta), URL)
    assert (found.name, found.variants[0].price, found.variants[0].stock) == ("Tasse", 1250, 0)
    assert found.pictures == ["https://boutique.example/t.jpg"]


@pytest.mark.parametrize(
    "html",
    [
        "", "<html>", page({"@type": "Article", "name": "x"}), page({**PRODUCT, "offers": {}}),
        page({**PRODUCT, "offers": {"price": "12", "priceCurrency": "USD"}}), page([[[[]]]]), page("x", 3, None),
        page({**PRODUCT, "offers": {"price": {"@value": 3}}}), '<meta property="og:title" content="x">',
    ],
)  # fmt: skip
def test_a_page_that_tells_no_product_is_refused_with_a_sentence(html: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(html, URL)
    assert refused.value.message


# -- fetched

PAGES = {"/ok": page(PRODUCT), "/big": "x" * (LARGEST["page"] + 1)}


class Shop(BaseHTTPRequestHandler):
    """A web shop that also sends people elsewhere."""

    def do_GET(self) -> None:
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
            self.end_headers()
            return
        body = PAGES.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quietly."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    served = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served.server_address[1]
    served.shutdown()
    served.server_close()


def network(port: int, **names: list[str]) -> Network:
    """A world in which ``boutique.example`` is the shop of these tests, and its address one of the open network."""
    known = {"boutique.example": ["127.0.0.1"], **{name.replace("_", "."): found for name, found in names.items()}}

    def find(host: str, _port: int) -> list[str]:
        return known.get(host, [host])

    return Network(find, lambda address: address == "127.0.0.1" or is_public(address), frozenset({port}))


def test_a_page_is_fetched_through_its_redirects(port: int) -> None:
    got = fetch(f"http://boutique.example:{port}/to?/ok", "page", network(port))
    assert (got.url, read(got.text, got.url).name) == (f"http://boutique.example:{port}/ok", "Bouilloire & filtre")


@pytest.mark.parametrize(
    "path",
    ["/to?http://10.0.0.1:{port}/", "/to?http://inside.example:{port}/", "/to?file:///etc/passwd",
     "/to?//u:p@b.example/", "/to?http://boutique.example:22/", "/big", "/none", "/to?/to?/to?/to?/to?/to?/ok"],
)  # fmt: skip
def test_what_leads_inside_is_too_large_or_leads_nowhere_is_refused(port: int, path: str) -> None:
    known = network(port, inside_example=["93.184.216.34", "192.168.1.1"])
    with pytest.raises(Refused):
        fetch(f"http://boutique.example:{port}{path.format(port=port)}", "page", known)


def test_a_name_that_leads_elsewhere_the_next_moment_leads_nowhere(port: int) -> None:
    """DNS rebinding: judged once, asked once; the connection goes to the address that was judged."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    asked: list[str] = []

    def find(host: str, _port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    judged: list[str] = []

    def may(address: str) -> bool:
        judged.append(address)
        raise Refused(address)  # no test leaves this machine

    with pytest.raises(Refused, match=r"93\.184\.216\.34"):
        fetch(f"http://turns.example:{port}/ok", "page", Network(find, may, frozenset({port})))
    assert (asked, judged) == (["turns.example"], ["93.184.216.34"])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("192.168.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("::1", False),
        ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False), ("224.0.0.1", False), ("::ffff:93.184.216.34", True),
    ],
)  # fmt: skip
def test_private_addresses_are_known_under_all_their_clothes(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_the_child_itself_asks_nothing_of_this_machine(port: int) -> None:
    asked = json.dumps({"url": f"http://localhost:{port}/ok", "what": "page", "language": "fr"}).encode()
    with pytest.raises(Unavailable, match="Refused"):
        child.run("shopvisio.catalogue.fetching", asked)
