"""Finding products: SQLite's full-text index, which triggers of the base keep up to date (see the migration).

It holds a row for each product, whoever writes it: its name, its line, the codes and labels of its variants, its link.
"""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Select, bindparam, func, select, text
from sqlalchemy.orm import selectinload

from shopvisio.catalogue.goods import Product
from shopvisio.db import db

MOST_WORDS = 8
# a word of the name, of a code or of the link is worth more than one of the line below the name
FOUND = text(
    "SELECT rowid AS id, bm25(product_words, 10.0, 1.0, 10.0, 3.0) AS far FROM product_words"
    " WHERE product_words MATCH :words"
).columns(Product.id)
_LINK = re.compile(r"(?:https?://|www\.)\S*", re.IGNORECASE)


def search(words: str, limit: int = 20) -> list[Product]:
    """Products on sale whose name, line, labels, codes or link hold the beginnings of all words, the best first; for
    the address of a product's page, that product. Without a word, by name."""
    wanted = words.strip()
    if _LINK.fullmatch(wanted):
        return _behind(wanted, limit)
    return _whole(_found(wanted).where(Product.active).limit(limit))


def listed(words: str, active: bool, start: int, limit: int) -> list[Product]:
    """A page of the catalogue, from its place ``start`` on; hidden products, or those on sale."""
    return _whole(_found(words.strip()).where(Product.active == active).offset(start).limit(limit))


def count(words: str, active: bool) -> int:
    """Of how many products these pages are."""
    found = _found(words.strip()).where(Product.active == active).order_by(None)
    return db.session.scalar(select(func.count()).select_from(found.subquery())) or 0


def _whole(found: Select[Any]) -> list[Product]:
    return list(db.session.scalars(found.options(selectinload(Product.every_variant), selectinload(Product.pictures))))


def _found(words: str, column: str = "") -> Select[Any]:
    if not words:
        return select(Product).order_by(Product.name.collate("NOCASE"), Product.id)
    hits = FOUND.bindparams(bindparam("words", _query(words, column))).subquery("hits")
    return select(Product).join(hits, hits.c.id == Product.id).order_by(text("hits.far"), Product.name)


def _query(words: str, column: str = "") -> str:
    """The index's own language, in which nothing that was typed means anything: each word a phrase, and a beginning."""
    kept = [word.replace('"', " ") for word in words.split() if any(sign.isalnum() for sign in word)][:MOST_WORDS]
    phrases = " ".join(f'"{word}"*' for word in kept) or '""'
    return f"{column} : ({phrases})" if column else phrases


def _behind(link: str, limit: int) -> list[Product]:
    """The product of this page. Where no product has it, those that the last part of the address names: web shops make
    it of the name, and their exports do not tell it."""
    place = plain(link)
    held = FOUND.bindparams(words=f'link : "{place}"' if any(map(str.isalnum, place)) else '""').subquery("hits")
    near = _whole(select(Product).join(held, held.c.id == Product.id).where(Product.active))
    if same := [product for product in near if plain(product.url) == place]:
        return same[:limit]
    slug = place.partition("/")[2].rpartition("/")[2].removesuffix(".html")
    by_handle = select(Product).where(Product.active, Product.origin == "shopify", Product.outside == slug)
    if found := _whole(by_handle):
        return found
    named = " ".join(re.split(r"[-_+]+", re.sub(r"^\d+-", "", slug)))
    return _whole(_found(named, "name").where(Product.active).limit(limit)) if named else []


def plain(link: str) -> str:
    """An address as far as it names a page: ``www.`` and what follows ``?`` or ``#`` do not."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:
        return ""
    place = f"{parts.netloc}{unquote(parts.path)}".lower().removeprefix("www.").rstrip("/")
    return place.replace('"', "")
