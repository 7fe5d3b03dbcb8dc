"""The family of papers that must please every judge: one to sixty lines, four rates or none, discounts, people and
businesses, credit notes."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from shopvisio.invoices import Address, Buyer, Corrected, Facts, Kind, Line, Note, Snapshot
from shopvisio.invoices.totals import Amount, total

from .sample_papers import NOW, REPAIRED, SHOP, SMALL_SHOP

FOUR_RATES = (2000, 1000, 550, 210)
NOTES = (
    Note("PMT", "Indemnité forfaitaire pour frais de recouvrement : 40 €."),
    Note("PMD", "Pénalités de retard : trois fois le taux d’intérêt légal."),
    Note("AAB", "Pas d’escompte pour paiement anticipé."),
)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co", "Zl", "Zp")), min_size=1, max_size=60,
).map(lambda text: f"Pièce {text}".strip())
PERSON = Buyer("Marie Roux", Address("6 quai Saint-Vincent", "69001", "Lyon"))
BAKERY = Buyer("Le Fournil SAS", Address("2 rue du Four", "69004", "Lyon"), "552 100 554", "FR 96552100554")


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """One thing sold, with a discount now and then, even of the whole."""
    price, quantity = draw(st.integers(1, 99_999)), draw(st.integers(1, 12))
    discount = draw(st.one_of(st.just(0), st.integers(0, price * quantity)))
    return Line(draw(WORDS), price, draw(st.sampled_from(FOUR_RATES)), quantity, draw(st.sampled_from(("", "Réf. 1"))),
                draw(st.booleans()), discount)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """An invoice's facts, complete."""
    sold = draw(st.lists(lines(), min_size=1, max_size=60).filter(lambda some: any(line.gross for line in some)))
    seller = draw(st.sampled_from((SHOP, SMALL_SHOP, replace(SHOP, vat_on_debits=True), replace(SHOP, iban=""))))
    buyer = draw(st.sampled_from((PERSON, Buyer("Marie Roux"), BAKERY, replace(BAKERY, deliver_to=PERSON.address))))
    whole = sum(line.gross for line in sold)
    paid = draw(st.sampled_from((0, whole, whole // 2)))
    due_on = NOW.date() if paid == whole else NOW.date() + timedelta(days=draw(st.integers(0, 60)))
    return replace(REPAIRED, seller=seller, buyer=buyer, lines=tuple(sold), notes=NOTES if buyer.is_business else (),
                   paid=paid, due_on=due_on)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """An invoice, or a credit note on one."""
    told = draw(facts())
    totals = total([Amount(line.gross, 0 if told.seller.franchise else line.rate) for line in told.lines])
    if draw(st.booleans()):
        return Snapshot("F2026-000042", Kind.INVOICE, NOW, told, totals)
    told = replace(told, paid=0, due_on=date(2026, 11, 25) if told.buyer.is_business else None)
    corrected = Corrected("F2026-000041", NOW - timedelta(days=3), "Pièce renvoyée.", tuple(range(len(told.lines))))
    return Snapshot("A2026-000003", Kind.CREDIT_NOTE, NOW, told, totals, corrected)
