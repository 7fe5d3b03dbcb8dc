"""Products brought from the web: one from the page that was pasted, and the pictures that imports only name."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select

from shopvisio import child, hub, pictures
from shopvisio.catalogue.goods import Picture, Product
from shopvisio.catalogue.merging import merge
from shopvisio.catalogue.seeking import plain, search
from shopvisio.catalogue.sheets import FoundProduct, FoundVariant
from shopvisio.config import Config
from shopvisio.db import db, public_id, writing
from shopvisio.errors import Invalid, ShopVisioError, Unavailable
from shopvisio.i18n import _, language
from shopvisio.jobs import Handler, enqueue

CHILD = "shopvisio.catalogue.fetching"
SECONDS = 15.0
TRIES = 3
AT_ONCE = 10  # pictures of one job: others have their turn between


def already(url: str) -> Product | None:
    """The product on sale whose page this is."""
    return next((product for product in search(url) if product.url and plain(product.url) == plain(url)), None)


def look(url: str) -> FoundProduct:
    """What the page tells. Outside any write: it waits. Raises Invalid with a sentence."""
    try:
        told = json.loads(_fetch(url, "page"))
    except Unavailable:
        raise Invalid(_("Cette page n’a pas pu être lue. Vérifiez le lien, ou écrivez le produit à la main.")) from None
    if "refused" in told:
        raise Invalid(str(told["refused"]))
    facts = told["found"]
    return FoundProduct(**{**facts, "variants": [FoundVariant(**one) for one in facts["variants"]]})


def keep(found: FoundProduct, vat: int, now: datetime) -> Product:
    """Write it, in the caller's write; its pictures come by themselves."""
    found.outside = plain(found.url)
    product, _word = merge(db.session(), found, "page", vat, now)
    enqueue("product-pictures", now)
    return product


def _fetch(url: str, what: str) -> bytes:
    asked = json.dumps({"url": url, "what": what, "language": language()}).encode()
    return hub.in_turn(child.run, CHILD, asked, SECONDS, timeout=60)


class Gatherer:
    """The job that fetches pictures."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind of job."""
        return {"product-pictures": self.run}

    def run(self, facts: dict[str, Any], now: datetime) -> None:
        """Fetch some that are only named; those that do not come are asked for again later, a few times."""
        waiting = (
            select(Picture.id, Picture.source)
            .where(Picture.file == "", Picture.source != "", Picture.tries < TRIES)
            .order_by(Picture.tries, Picture.id)
            .limit(AT_ONCE)
        )
        found = [(int(number), str(source)) for number, source in db.session.execute(waiting)]
        db.session.rollback()
        for number, source in found:
            file = self._bring(source)
            with writing():
                picture = db.session.get(Picture, number)
                if picture is not None:
                    picture.file, picture.tries = file, picture.tries + 1
        if len(found) == AT_ONCE:
            with writing():
                enqueue("product-pictures", now)

    def _bring(self, source: str) -> str:
        """The file of a picture, cleaned as any photo; empty when it does not come."""
        try:
            made = hub.in_turn(pictures.sized, _fetch(source, "picture"), pictures.SIDE, pictures.SMALL)
        except ShopVisioError:
            return ""
        name = f"{public_id(20)}.jpg"
        for kept, clean in zip((name, pictures.small(name)), made, strict=True):
            pictures.keep(self.config.uploads, kept, clean.jpeg)
        return name
