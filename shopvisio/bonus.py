"""*Bonus Réparation*: the part of a repair that an eco-organisation pays in the customer's place, where the shop has
the label. It is no discount: the price and its VAT stay, the invoice shows what is covered after the total.

The amounts are rows with the day from which they hold, none ever changed; 0 ends one.
"""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import billing, money, settings
from shopvisio.cases import Case
from shopvisio.db import Base, db
from shopvisio.errors import Invalid
from shopvisio.i18n import _, day_year

LONGEST = 60  # signs of a name


class BonusAmount(Base):
    """What is covered for a kind of device, in cents with tax, from the day ``valid_from`` on."""

    __tablename__ = "bonus_amount"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    cents: Mapped[int]
    valid_from: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[str]


def is_offered() -> bool:
    """Whether this shop has it to give."""
    return bool(settings.get("repair_bonus") == "yes")


def told() -> list[BonusAmount]:
    """Every amount that was written, by name, the one that holds last first."""
    rows = select(BonusAmount).order_by(BonusAmount.name, BonusAmount.valid_from.desc(), BonusAmount.id.desc())
    return list(db.session.scalars(rows))


def in_force(on: date) -> dict[str, int]:
    """What is covered on that day, by the name of the device; nothing where the shop does not offer it."""
    found: dict[str, int] = {}
    for row in told() if is_offered() else ():
        if row.valid_from <= on:
            found.setdefault(row.name, row.cents)
    return {name: cents for name, cents in found.items() if cents}


def of(case: Case, price: int, on: date) -> int:
    """Cents of this case's price that are covered on that day: never more than the price."""
    entered = billing.of(case)
    if entered is None or entered.siren:
        return 0
    return min(price, in_force(on).get(entered.bonus, 0))


def put(name: str, amount: str, valid_from: date | None, by: str, today: date, now: datetime) -> None:
    """Another amount from that day on: today or later. Raises Invalid, naming each field."""
    name, wrong, cents = " ".join(name.split()), {}, 0
    if not 1 <= len(name) <= LONGEST:
        wrong["name"] = _("Nommez l’appareil, en {n} signes au plus.", n=LONGEST)
    try:
        cents = money.cents(amount)
    except ValueError:
        wrong["amount"] = _("Un montant comme 25 ou 25,50 ; 0 y met fin.")
    if valid_from is None or valid_from < today:
        wrong["valid_from"] = _("Choisissez un jour à partir du {day}.", day=day_year(today))
    if wrong or valid_from is None:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    db.session.add(BonusAmount(name=name, cents=cents, valid_from=valid_from, by=by, at=now))
    db.session.flush()
