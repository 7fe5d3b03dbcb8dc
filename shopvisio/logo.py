"""The shop's logo: one picture, kept in the base, so that pages, papers and backups have it."""

import base64
import hashlib

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.db import Base, db


class Logo(Base):
    """At most one row: a PNG that the appliance made itself."""

    __tablename__ = "logo"

    digest: Mapped[str] = mapped_column(primary_key=True)  # of the picture: a part of its address
    png: Mapped[bytes]


def keep(png: bytes) -> None:
    """This one from now on."""
    forget()
    db.session.add(Logo(digest=hashlib.sha256(png).hexdigest()[:16], png=png))
    db.session.flush()


def forget() -> None:
    """None any more: the shop's initials stand for it."""
    db.session.execute(delete(Logo))


def digest() -> str:
    """What names the picture as it is; empty where there is none."""
    return db.session.scalar(select(Logo.digest)) or ""


def png() -> bytes | None:
    """The picture."""
    return db.session.scalar(select(Logo.png))


def data_url() -> str:
    """The picture as papers carry it; empty where there is none."""
    found = png()
    return f"data:image/png;base64,{base64.b64encode(found).decode()}" if found else ""
