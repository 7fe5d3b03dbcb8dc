"""Whom a case is billed to when it is not the customer as they booked: a business, with its numbers; and a discount.

Entered by the customer when they book, or by staff before the paper is issued; the paper keeps what stood here then.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from stdnum.eu import vat
from stdnum.fr import siren

from shopvisio import money
from shopvisio.accounts import Actor
from shopvisio.cases import Case, record
from shopvisio.db import Base, db
from shopvisio.errors import Invalid
from shopvisio.i18n import _
from shopvisio.invoices import Address, Buyer

WORDS = ("company", "siren", "vat_id", "street", "postcode", "city", "to_street", "to_postcode", "to_city", "why")
BUSINESS = ("company", "siren", "vat_id", "street", "postcode", "city")  # what a customer is asked for
LONGEST = 160  # signs of each


class Billing(Base):
    """How a case is billed; ``discount`` is cents with tax off the fee, ``to_…`` where goods go when elsewhere."""

    __tablename__ = "billing"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True, autoincrement=False)
    company: Mapped[str] = mapped_column(default="")
    siren: Mapped[str] = mapped_column(default="")
    vat_id: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    to_street: Mapped[str] = mapped_column(default="")
    to_postcode: Mapped[str] = mapped_column(default="")
    to_city: Mapped[str] = mapped_column(default="")
    discount: Mapped[int] = mapped_column(default=0)
    bonus: Mapped[str] = mapped_column(default="")  # a name of ``bonus``: what is covered for such a device
    why: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by: Mapped[str]


def of(case: Case) -> Billing | None:
    """How this case is billed, if anything was entered."""
    return db.session.get(Billing, case.id)


def buyer(case: Case) -> Buyer:
    """Who is billed."""
    customer, entered = case.customer, of(case)
    home = Address(customer.street, customer.postcode, customer.city)
    if entered is None or not entered.siren:
        return Buyer(customer.name, home)
    elsewhere = Address(entered.to_street, entered.to_postcode, entered.to_city) if entered.to_street else None
    place = Address(entered.street, entered.postcode, entered.city)
    return Buyer(entered.company, place, entered.siren, entered.vat_id, elsewhere)


def put(case: Case, typed: Mapping[str, str], actor: Actor, now: datetime) -> None:
    """Keep what staff, or the customer when they booked, typed. Raises Invalid, naming each field; nothing is kept
    then."""
    given, wrong = _given(typed), faults(typed)
    discount = _discount(case, typed.get("discount") or "", given["why"], wrong)
    covered = (typed.get("bonus") or "")[:LONGEST]
    if covered and given["siren"]:
        wrong["bonus"] = _("Le bonus est pour les particuliers.")
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    given |= {"siren": siren.compact(given["siren"]), "vat_id": vat.compact(given["vat_id"]) if given["vat_id"] else ""}
    entered = of(case) or Billing(case_id=case.id)
    for name, value in given.items():
        setattr(entered, name, value)
    entered.discount, entered.bonus, entered.at, entered.by = discount, covered, now, actor.name
    db.session.add(entered)
    told = {"company": given["company"], "siren": given["siren"], "discount": discount, "bonus": covered}
    record(case, "billing", actor, now, **told)


def faults(typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with what was typed, the discount aside, by field."""
    given = _given(typed)
    too_long = _("C’est trop long : {n} signes au plus.", n=LONGEST)
    wrong = {name: too_long for name in WORDS if len(given[name]) > LONGEST}
    return wrong | _business_faults(given) | _place_faults(given)


def _given(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: " ".join((typed.get(name) or "").split()) for name in WORDS}


def _business_faults(given: Mapping[str, str]) -> dict[str, str]:
    business = ("company", "siren", "street", "postcode", "city")
    if not any(given[name] for name in (*business, "vat_id")):
        return {}
    wrong = {name: _("Nécessaire pour facturer une entreprise.") for name in business if not given[name]}
    if given["siren"] and not siren.is_valid(given["siren"]):
        wrong["siren"] = _("Ce numéro SIREN n’existe pas : vérifiez ses 9 chiffres.")
    if given["vat_id"] and not vat.is_valid(given["vat_id"]):
        wrong["vat_id"] = _("Ce numéro de TVA n’existe pas : vérifiez ses chiffres.")
    return wrong


def _place_faults(given: Mapping[str, str]) -> dict[str, str]:
    place = ("to_street", "to_postcode", "to_city")
    if not any(given[name] for name in place):
        return {}
    return {name: _("Il manque cette partie de l’adresse.") for name in place if not given[name]}


def _discount(case: Case, typed: str, why: str, wrong: dict[str, str]) -> int:
    try:
        cents = money.cents(typed) if typed.strip() else 0
    except ValueError:
        wrong["discount"] = _("Un montant comme 5 ou 5,50.")
        return 0
    if cents > case.fee:
        wrong["discount"] = _("Une remise ne dépasse pas le forfait.")
    if cents and not why:
        wrong["why"] = _("Indiquez le motif : il est imprimé sur la facture.")
    return cents
