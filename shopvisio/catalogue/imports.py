"""Imports of whole catalogues: a file is looked at, then written by a child process; its row tells how far it is."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import child, hub
from shopvisio.config import Config
from shopvisio.db import Base, db, public_id, writing
from shopvisio.errors import Invalid, NotFound, Unavailable, WrongState
from shopvisio.i18n import _, language
from shopvisio.jobs import Handler, enqueue

KINDS = {
    "woocommerce": "WooCommerce",
    "shopify": "Shopify",
    "prestashop": "PrestaShop",
    "table": "CSV",
}
LOOK_SECONDS, KEEP_SECONDS = 30.0, 540.0  # a job that is claimed is given up by its worker after ten minutes
CHILD = "shopvisio.catalogue.importing"


class Import(Base):
    """One file. ``state`` is looked (at, not begun), running, done or failed. ``vat`` and ``net`` are what the file
    does not say (see :class:`sheets.Choices`). ``faults`` is JSON, ``[[line, what, why]]``; ``sample`` likewise its
    first products, ``[{line, name, active, variants}]``. ``kept`` products are in the catalogue already."""

    __tablename__ = "product_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    by: Mapped[str]
    file: Mapped[str]
    kind: Mapped[str]
    vat: Mapped[int]
    net: Mapped[bool]
    language: Mapped[str]
    state: Mapped[str] = mapped_column(default="looked")
    rows: Mapped[int]
    products: Mapped[int]
    variants: Mapped[int]
    kept: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    faults: Mapped[str]
    sample: Mapped[str]

    @property
    def wrong(self) -> list[tuple[int, str, str]]:
        """What is wrong, by line."""
        return [tuple(one) for one in json.loads(self.faults)]

    @property
    def first(self) -> list[dict[str, Any]]:
        """The first products, as they will be."""
        return list(json.loads(self.sample))


def find(key: str) -> Import:
    """Raises NotFound."""
    found = db.session.scalar(select(Import).where(Import.key == key))
    if found is None:
        raise NotFound
    return found


def latest(limit: int = 5) -> list[Import]:
    """Those that were begun, newest first."""
    begun = select(Import).where(Import.state != "looked").order_by(Import.id.desc()).limit(limit)
    return list(db.session.scalars(begun))


def look(path: Path, vat: int, net: bool, now: datetime) -> dict[str, Any]:
    """What is in the file, as the child tells it. Outside any write: it waits. Raises Invalid with a sentence."""
    asked = {"act": "look", "file": str(path), "vat": vat, "net": net, "language": language(), "now": now.isoformat()}
    try:
        told = json.loads(hub.in_turn(child.run, CHILD, json.dumps(asked).encode(), LOOK_SECONDS, timeout=90))
    except Unavailable:
        raise Invalid(_("Ce fichier n’a pas pu être lu. Exportez-le à nouveau, en CSV.")) from None
    if "refused" in told:
        raise Invalid(str(told["refused"]))
    return dict(told)


def propose(key: str, file: str, told: dict[str, Any], vat: int, net: bool, by: str, now: datetime) -> Import:
    """A file that was looked at, in the caller's write; looked at again, its row says what is in it now."""
    found = db.session.scalar(select(Import).where(Import.key == key))
    if found is None:
        found = Import(key=key, at=now, by=by, file=file[:120])
        db.session.add(found)
    elif found.state != "looked":
        raise WrongState(_("Cet import a déjà commencé."))
    found.vat, found.net, found.language = vat, net, language()
    found.kind, found.rows = told["kind"], told["rows"]
    found.products, found.variants = told["products"], told["variants"]
    found.faults, found.sample = json.dumps(told["faults"]), json.dumps(told["sample"])
    db.session.flush()
    return found


def start(found: Import, now: datetime) -> None:
    """Begin, in the caller's write; twice is once."""
    if found.state == "looked":
        found.state = "running"
        enqueue("import-products", now, key=found.key)


def new_key() -> str:
    """For a file that comes in."""
    return public_id()


def path_of(config: Config, key: str) -> Path:
    """Where its file is; a day later it is swept up with whatever else nobody went on with."""
    return config.arriving / f"{key}.part"


class Importer:
    """The jobs of the catalogue."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind of job."""
        return {"import-products": self.run}

    def run(self, facts: dict[str, Any], now: datetime) -> None:
        """Have a child write the products. Begun again after a stop, it goes through the file from its beginning: what
        is here already stays the same."""
        found = find(facts["key"])
        path = path_of(self.config, found.key)
        if found.state != "running":
            return
        asked = {
            "act": "keep",
            "file": str(path),
            "base": str(self.config.data / "shop.db"),
            "key": found.key,
            "vat": found.vat,
            "net": found.net,
            "language": found.language,
            "now": now.isoformat(),
        }
        db.session.rollback()
        try:
            hub.in_thread(child.run, CHILD, json.dumps(asked).encode(), KEEP_SECONDS, timeout=KEEP_SECONDS + 10)
            state = "done"
        except Unavailable:
            state = "failed"
        with writing():
            find(facts["key"]).state = state
            enqueue("product-pictures", now)
        path.unlink(missing_ok=True)
