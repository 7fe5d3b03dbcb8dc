"""The shop as its papers name it on a day, and what the law has them say."""

from datetime import date

from shopvisio import logo, sentences, settings
from shopvisio.i18n import _
from shopvisio.invoices import Address, Line, Note, Seller


def seller(on: date) -> Seller:
    """The shop as its papers name it on that day."""
    form = str(settings.LEGAL_FORMS.get(settings.get("legal_form"), ""))
    capital = settings.get("capital")
    return Seller(
        name=settings.get("shop_name"),
        legal_name=settings.get("legal_name"),
        tagline=settings.get("tagline"),
        address=Address(settings.get("street"), settings.get("postcode"), settings.get("city")),
        legal_form=_("{form} au capital de {capital}", form=form, capital=capital) if capital else form,
        siret=settings.get("siret"),
        register=settings.get("register"),
        franchise=settings.get("vat_regime") == "franchise",
        vat_id=settings.get("vat_number"),
        vat_text=sentences.in_force("franchise", on),
        vat_on_debits=settings.get("vat_on_debits") == "yes",
        phone=settings.phone_for_eyes(settings.get("phone")),
        email=settings.get("email"),
        iban=settings.get("iban"),
        bic=settings.get("bic"),
        insurance=settings.get("insurance"),
        mediator=settings.get("mediator"),
        colour=settings.get("brand"),
        logo=logo.data_url(),
    )


def notes(on: date) -> tuple[Note, ...]:
    """What a business must read, as in force on that day."""
    return tuple(Note(code, sentences.in_force(name, on)) for code, name in sentences.NOTES.items())


def texts(lines: tuple[Line, ...], on: date) -> list[str]:
    """The legal sentences that an invoice of these lines needs, as in force on that day."""
    told = []
    if settings.get("vat_on_debits") == "yes" and settings.get("vat_regime") == "standard":
        told.append(sentences.in_force("debits", on))
    if any(line.goods for line in lines):
        told.append(sentences.in_force("guarantee", on))
    return told
