"""What a telephone outside the shop found when it knocked: does a call get in, and by which way."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.db import Base, db
from shopvisio.trials import BROKEN_LOSS

MOST_KEPT = 20


class Knock(Base):
    """One try from outside. ``by`` is the way the media took, "udp", "tcp" or "" for none at all; ``family`` 4 or 6, as
    the telephone came; ``inside`` whether it came from the shop's own network, which proves nothing; ``loss`` the share
    that did not come back, ``rtt`` in ms, ``rate`` in kbit/s."""

    __tablename__ = "knock"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    browser: Mapped[str]
    family: Mapped[int]
    inside: Mapped[bool]
    by: Mapped[str]
    loss: Mapped[float]
    rtt: Mapped[int]
    rate: Mapped[int]

    @property
    def verdict(self) -> str:
        """``inside``, ``shut`` (no media at all), ``tcp`` (they take the detour), or ``open``."""
        if self.inside:
            return "inside"
        if not self.by or not self.rate or self.loss >= BROKEN_LOSS:
            return "shut"
        return "tcp" if self.by == "tcp" else "open"


@dataclass(frozen=True)
class Arrival:
    """Where a telephone came from: its address for the page, and the relay's for its media, each "" where unknown."""

    page: str
    media: str


def is_inside(arrival: Arrival, ours: Collection[str]) -> bool:
    """Whether this came from the shop's own network: by a private address, or by the box's own public one."""
    return any(_is_ours(address, ours) for address in (arrival.page, arrival.media) if address)


def _is_ours(address: str, ours: Collection[str]) -> bool:
    try:
        ip = ipaddress.ip_address(address.removeprefix("::ffff:").partition("%")[0])
    except ValueError:
        return False
    return str(ip) in ours or ip.is_private or ip.is_loopback or ip.is_link_local


def keep(found: Knock) -> None:
    """Keep it; beyond MOST_KEPT the oldest are forgotten."""
    db.session.add(found)
    db.session.flush()
    for old in db.session.scalars(select(Knock).order_by(Knock.id.desc()).offset(MOST_KEPT)):
        db.session.delete(old)


def latest() -> Knock | None:
    """The last one."""
    return db.session.scalar(select(Knock).order_by(Knock.id.desc()).limit(1))


def proven() -> Knock | None:
    """The last one that got in by UDP from outside: the proof that calls work from anywhere."""
    tried = db.session.scalars(select(Knock).order_by(Knock.id.desc()))
    return next((one for one in tried if one.verdict == "open"), None)
