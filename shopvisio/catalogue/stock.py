"""How many there are. What is counted never falls below nothing, whoever else takes at the same moment."""

from shopvisio.catalogue.goods import Variant
from shopvisio.db import db
from shopvisio.errors import Conflict
from shopvisio.i18n import _, n_

FEW = 3  # pieces left: worth a word


def take(variant: Variant, number: int) -> None:
    """So many leave the shelf. Inside a write, which has read the variant anew: two never take the last one.

    Raises Conflict, with a sentence, when there are too few; then none is taken.
    """
    must_have(variant, number)
    if variant.stock is not None:
        variant.stock -= number
        db.session.flush()


def must_have(variant: Variant, number: int) -> None:
    """So many are on the shelf now. Raises Conflict, with a sentence, when there are too few."""
    if variant.stock is not None and variant.stock < number:
        raise Conflict(_too_few(variant))


def give_back(variant: Variant, number: int) -> None:
    """So many are back on the shelf. Inside a write."""
    if variant.stock is not None:
        variant.stock += number
        db.session.flush()


def in_words(variant: Variant) -> str:
    """What a customer is told of it; nothing where nobody counts."""
    if variant.stock is None:
        return ""
    if variant.stock == 0:
        return _("Épuisé")
    if variant.stock == 1:
        return _("Dernière pièce")
    if variant.stock <= FEW:
        return _("Plus que {n} en stock", n=variant.stock)
    return _("{n} en stock", n=variant.stock)


def _too_few(variant: Variant) -> str:
    name, left = variant.name, variant.stock or 0
    if not left:
        return _("{name} : il n’y en a plus.", name=name)
    return n_("{name} : il n’en reste qu’une pièce.", "{name} : il n’en reste que {n}.", left, name=name)
