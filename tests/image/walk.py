"""One repair from the claim to the PDF, through the pages alone: run inside the image, with what is in it.

Needs nothing but Python; serves from ``SHOPVISIO_DATA`` on the ports of the environment. Prints one line.
"""

import http.cookiejar
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

HOME = f"http://127.0.0.1:{os.environ['SHOPVISIO_PORT']}"
PASSWORD = "walk-through-it"  # of a shop that lives for a minute
OWNER = {
    "owner_name": "Claire Fontaine", "owner_email": "claire@atelier.example", "password": PASSWORD,
    "takes_repairs": "y", "takes_sales": "y",
}  # fmt: skip
SHOP = {
    "shop_name": "Atelier Lumière", "phone": "04 65 71 12 34",
    "email": "bonjour@atelier.example", "fee": "29", "legal_name": "Atelier Lumière", "legal_form": "EI",
    "street": "14 rue des Canuts", "postcode": "69004", "city": "Lyon", "siret": "912 345 675 00009",
    "register": "RNE 912 345 675", "vat_regime": "standard", "vat_number": "FR65912345675",
    "vat_rate": "2000", "iban": "FR76 3000 6000 0112 3456 7890 189", "mediator": "Médiation Démonstration, Paris",
}  # fmt: skip


class Visitor:
    """A browser without eyes: cookies, forms, redirects."""

    def __init__(self) -> None:
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self.url, self.page = "", ""

    def get(self, path: str) -> str:
        """The page at ``path``; it is where the visitor is now."""
        return self._go(urllib.request.Request(HOME + path))

    def send(self, path: str, **typed: str) -> str:
        """Send a form of the page that is shown."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page)
        assert token, f"no form on {self.url}"
        body = urllib.parse.urlencode({"csrf_token": token[1], **typed}).encode()
        return self._go(urllib.request.Request(HOME + path, body))

    def _go(self, request: urllib.request.Request) -> str:
        try:
            with self.opener.open(request, timeout=30) as answer:
                self.url, self.page = answer.url, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            raise SystemExit(f"{request.full_url}: {refusal.code}\n{refusal.read().decode()[-3000:]}") from None
        return self.page

    @property
    def path(self) -> str:
        """Where the visitor is."""
        return urllib.parse.urlsplit(self.url).path


def claim(code: str) -> Visitor:
    """The owner takes the shop, open day and night."""
    owner = Visitor()
    owner.get("/claim")
    owner.send("/claim", code=code, **OWNER)
    for step in ("shop", "papers", "price"):
        owner.send(f"/desk/setup/{step}", **SHOP)
    boxes = re.findall(r'<input[^>]*name="((?:opens|closes)[^"]*)"', owner.get("/desk/setup/hours"))
    hours = dict(zip(boxes, ["0:00", "12:00", "12:00", "24:00"] * 7, strict=True))
    visits = {"active1": "y", "minutes1": "45", "minutes2": "30"}
    owner.send("/desk/setup/hours", **visits, **hours)
    assert owner.path.startswith("/desk/setup/"), owner.page[-3000:]
    return owner


def book() -> Visitor:
    """A customer books the first repair that is free."""
    customer = Visitor()
    start = re.search(r'name="start" value="([^"]+)"', customer.get("/book/1"))
    assert start, "no free time"
    customer.send("/book/1", start=start[1].replace("&#43;", "+"))
    customer.send(customer.path, device="Réservoir de WC", symptom="L’eau coule en continu.")
    customer.send(customer.path, danger="water")
    customer.send(customer.path, done="water")
    customer.send(
        customer.path,
        name="Marie Delaunay",
        email="marie@exemple.example",
        phone="06 39 98 27 50",
        terms="y",
        immediate="y",
    )
    assert customer.path.startswith("/case/"), customer.page[-3000:]
    return customer


def repair(owner: Visitor, customer: Visitor) -> bytes:
    """Proposed by the one, answered by the other, on paper."""
    case = re.search(r'href="(/desk/cases/\w+)"', owner.get("/desk/cases"))
    assert case, "no case on the desk"
    owner.get(case[1])
    owner.send(case[1] + "/propose", outcome="repaired", words="Joint nettoyé.")
    customer.get(customer.path)
    link = customer.path
    customer.get(link + "/answer")
    customer.send(link + "/answer", answer="yes")
    for _try in range(60):
        paper = re.search(rf'href="({re.escape(link)}/paper/F\d{{4}}-000001)"', customer.get(link))
        if paper:
            try:
                with customer.opener.open(HOME + paper[1], timeout=10) as answer:
                    return bytes(answer.read())
            except urllib.error.HTTPError as early:
                early.close()
        time.sleep(0.5)
    raise SystemExit("no invoice came")


def main() -> None:
    """Serve, walk, stop, verify."""
    server = subprocess.Popen([sys.executable, "-m", "shopvisio", "serve"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        code = next(match[1] for line in server.stdout if (match := re.match(r"Claim code: (\S+)", line)))
        owner = claim(code)
        pdf = repair(owner, book())
    finally:
        server.terminate()
        server.communicate(timeout=20)
    assert server.returncode == 0, server.returncode
    assert pdf.startswith(b"%PDF-")
    subprocess.run([sys.executable, "-m", "shopvisio", "verify"], check=True)
    sys.stdout.write(f"walked: claimed, booked, repaired, an invoice of {len(pdf)} bytes\n")


if __name__ == "__main__":
    main()
