"""What the law wants on a paper, checked before it is issued: each thing missing is named. Pure."""

import re

from stdnum import iban as iban_number
from stdnum.eu import vat as vat_number
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from shopvisio.i18n import _
from shopvisio.invoices.facts import Facts, Line, Seller
from shopvisio.invoices.numbering import Kind
from shopvisio.invoices.totals import Amount, total

RATES = (2000, 1000, 850, 550, 210)   # French VAT in basis points; 850 is the islands'
LOGO_LIMIT = 150_000                  # characters of the data: address; it lies in every snapshot
NOTES = ("PMT", "PMD", "AAB")         # what a business must read: recovery fee, late payment, early payment
VAT_ID_FROM = 15_000                  # cents without tax above which a business's VAT number is wanted


def lacking(seller: Seller) -> dict[str, str]:
    """What a shop must still say before it may issue papers: field -> sentence. Empty when complete."""
    wrong = {name: _("Cette mention est obligatoire sur vos factures.") for name in _blank(seller)}
    checks = {
        "siret": (siret_number.is_valid(seller.siret),
                  _("Ce numéro SIRET n’existe pas : vérifiez ses 14 chiffres.")),
        "vat_id": (seller.franchise or vat_number.is_valid(seller.vat_id),
                   _("Ce numéro de TVA n’existe pas : vérifiez ses chiffres.")),
        "iban": (not seller.iban or iban_number.is_valid(seller.iban),
                 _("Cet IBAN n’existe pas : vérifiez ses chiffres.")),
        "colour": (re.fullmatch("#[0-9a-fA-F]{6}", seller.colour) is not None,
                   _("Une couleur s’écrit # et six chiffres, par exemple #0f5c66.")),
        "logo": (_is_logo(seller.logo), _("Le logo est une image PNG ou JPEG de 100 ko au plus.")),
    }
    return {name: sentence for name, (right, sentence) in checks.items() if not right} | wrong


def wanting(kind: Kind, facts: Facts) -> dict[str, str]:
    """What is missing for a paper of this kind: field -> sentence. Empty when it may be issued."""
    wrong = lacking(facts.seller)
    if not facts.buyer.name.strip():
        wrong["buyer.name"] = _("Il manque le nom du client.")
    if not facts.visits:
        wrong["visits"] = _("Il manque la date de l’intervention.")
    if kind is Kind.NO_CHARGE_NOTE:
        if facts.report is None or not facts.report.conclusion.strip():
            wrong["report"] = _("Il manque la conclusion de l’intervention.")
        if facts.lines:
            wrong["lines"] = _("Un compte rendu sans frais ne porte aucun prix.")
        return wrong
    if not facts.service.strip():
        wrong["service"] = _("Il manque ce qui a été fait.")
    if not _are_sold(facts.lines, facts.seller.franchise):
        wrong["lines"] = _("Il manque un libellé, une quantité, un prix ou un taux de TVA.")
    elif not 0 <= facts.paid <= sum(line.gross for line in facts.lines):
        wrong["paid"] = _("La somme déjà payée dépasse le total.")
    return wrong | (_between_businesses(facts) if facts.buyer.is_business and "lines" not in wrong else {})


def _between_businesses(facts: Facts) -> dict[str, str]:
    """What a business must be told besides."""
    buyer, missing = facts.buyer, _("Cette mention est obligatoire sur une facture entre professionnels.")
    said = {note.code: note.text.strip() for note in facts.notes}
    needed = {
        "buyer.street": buyer.address.street, "buyer.postcode": buyer.address.postcode,
        "buyer.town": buyer.address.town, "due_on": facts.due_on and str(facts.due_on),
    } | {code: said.get(code) for code in NOTES}
    wrong = {name: missing for name, value in needed.items() if not (value or "").strip()}
    if not siren_number.is_valid(buyer.siren):
        wrong["buyer.siren"] = _("Ce numéro SIREN n’existe pas : vérifiez ses 9 chiffres.")
    net = total([Amount(line.gross, 0 if facts.seller.franchise else line.rate) for line in facts.lines]).price.net
    if buyer.vat_id and not vat_number.is_valid(buyer.vat_id):
        wrong["buyer.vat_id"] = _("Ce numéro de TVA n’existe pas : vérifiez ses chiffres.")
    elif not buyer.vat_id and net > VAT_ID_FROM:
        wrong["buyer.vat_id"] = _("Au-dessus de 150 € hors taxes, le numéro de TVA du client est obligatoire.")
    return wrong


def _blank(seller: Seller) -> list[str]:
    mentions = {
        "name": seller.name, "legal_form": seller.legal_form, "street": seller.address.street,
        "postcode": seller.address.postcode, "town": seller.address.town, "siret": seller.siret,
        "register": seller.register, "mediator": seller.mediator,
        "vat_text" if seller.franchise else "vat_id": seller.vat_text if seller.franchise else seller.vat_id,
    }
    return [name for name, value in mentions.items() if not value.strip()]


def _are_sold(lines: tuple[Line, ...], franchise: bool) -> bool:
    right = all(line.label.strip() and line.quantity >= 1 and line.price >= 0 and line.discount >= 0
                and line.gross >= 0 and (franchise or line.rate in RATES) for line in lines)
    return right and sum(line.gross for line in lines) > 0


def _is_logo(address: str) -> bool:
    shape = r"data:image/(png|jpeg);base64,[A-Za-z0-9+/]+={0,2}"
    return not address or (len(address) <= LOGO_LIMIT and re.fullmatch(shape, address) is not None)
