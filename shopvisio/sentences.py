"""The sentences that the law puts on papers: each a row with the day from which it holds, none ever changed.

A paper keeps the sentence of its day. A law that changes on a known date is written down before it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from babel.support import LazyProxy
from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.db import Base, db
from shopvisio.errors import Invalid
from shopvisio.i18n import _, day_year, lazy

LONGEST = 400  # signs


@dataclass(frozen=True)
class Subject:
    """What a sentence is about; ``start`` is how a shop begins, ``check`` what is to be made sure of."""

    label: LazyProxy
    start: str
    check: LazyProxy


SUBJECTS = {
    "franchise": Subject(
        lazy("Franchise de TVA"),
        "TVA non applicable, art. 293 B du CGI",
        lazy(
            "La TVA a quitté le CGI pour le CIBS le 1er septembre 2026 ; l’ancienne référence est tolérée jusqu’au "
            "31 décembre 2027. La phrase exacte qui la remplace est à demander à votre comptable."
        ),
    ),
    "recovery": Subject(
        lazy("Frais de recouvrement, entre professionnels"),
        "Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement\u00a0: 40\u00a0€.",
        lazy("Le montant doit figurer en chiffres."),
    ),
    "late": Subject(
        lazy("Pénalités de retard, entre professionnels"),
        "Pénalités de retard\u00a0: trois fois le taux d’intérêt légal, exigibles sans rappel.",
        lazy("Le taux est à vous de choisir, au moins trois fois le taux légal : à vérifier avec votre comptable."),
    ),
    "early": Subject(
        lazy("Paiement anticipé, entre professionnels"),
        "Pas d’escompte pour paiement anticipé.",
        lazy("À changer si vous accordez un escompte."),
    ),
    "debits": Subject(
        lazy("TVA d’après les débits"),
        "Option pour le paiement de la taxe d’après les débits.",
        lazy("Imprimée seulement si vous avez pris cette option (un réglage)."),
    ),
    "guarantee": Subject(
        lazy("Garantie des pièces vendues"),
        "Garantie légale de conformité de deux ans sur les pièces vendues.",
        lazy("La loi ne l’exige pas sur la facture d’une vente à distance ; elle reste utile à qui la lit."),
    ),
}
NOTES = {"PMT": "recovery", "PMD": "late", "AAB": "early"}  # as machines call them


class Sentence(Base):
    """What is printed about ``name``, a word of SUBJECTS, from the day ``valid_from`` on."""

    __tablename__ = "sentence"
    __table_args__ = (Index("ix_sentence_newest", "name", "valid_from", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    valid_from: Mapped[date]
    text: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]


def in_force(name: str, on: date) -> str:
    """What is printed on that day."""
    newest = select(Sentence.text).where(Sentence.name == name, Sentence.valid_from <= on)
    found = db.session.scalar(newest.order_by(Sentence.valid_from.desc(), Sentence.id.desc()).limit(1))
    return SUBJECTS[name].start if found is None else found


def told(name: str) -> list[Sentence]:
    """Every sentence written about this, the one that holds last first."""
    rows = select(Sentence).where(Sentence.name == name).order_by(Sentence.valid_from.desc(), Sentence.id.desc())
    return list(db.session.scalars(rows))


def put(name: str, text: str, valid_from: date | None, by: str, today: date, now: datetime) -> Sentence:
    """Another sentence from that day on: today or later, for papers already issued keep theirs. Raises Invalid."""
    wrong = {}
    text = " ".join(text.split())
    if not text:
        wrong["text"] = _("Écrivez la phrase à imprimer.")
    elif len(text) > LONGEST:
        wrong["text"] = _("C’est trop long : {n} signes au plus.", n=LONGEST)
    if valid_from is None or valid_from < today:
        wrong["valid_from"] = _("Choisissez un jour à partir du {day}.", day=day_year(today))
    if wrong or valid_from is None:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    sentence = Sentence(name=name, text=text, valid_from=valid_from, by=by, at=now)
    db.session.add(sentence)
    db.session.flush()
    return sentence
