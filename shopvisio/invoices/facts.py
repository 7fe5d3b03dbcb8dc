"""What a paper says, as values: given by the shop, frozen into a snapshot.

A snapshot holds what its paper prints and nothing else. Invoices and credit notes are kept ten years, so
nothing in them may be something a person can ask to have erased: no words typed by the customer.
"""

from dataclasses import dataclass
from datetime import date, datetime

from shopvisio.invoices.numbering import Kind
from shopvisio.invoices.totals import Totals


@dataclass(frozen=True)
class Address:
    """A postal address; ``more`` is a second line (building, floor), ``country`` two letters."""

    street: str = ""
    postcode: str = ""
    town: str = ""
    more: str = ""
    country: str = "FR"


@dataclass(frozen=True)
class Seller:
    """The shop as its papers name it. :func:`lacking` says what is missing or wrong."""

    name: str                     # as customers know it
    address: Address
    legal_form: str               # "SARL au capital de 8 000 €", "EI"
    siret: str                    # 14 digits, spaces allowed
    register: str                 # "RCS Lyon 912 345 675"
    mediator: str                 # the consumer mediator: name, address, site
    franchise: bool = False       # exempt small business: no VAT, and vat_text instead of vat_id
    vat_id: str = ""
    vat_text: str = ""            # the legal sentence of the exemption, as in force on the day
    legal_name: str = ""          # where it differs from name
    tagline: str = ""
    vat_on_debits: bool = False   # VAT is due when billed, not when paid, by the shop's own choice
    phone: str = ""
    email: str = ""
    site: str = ""
    iban: str = ""
    bic: str = ""
    insurance: str = ""           # insurer, address, territory; where it is compulsory
    colour: str = "#0f5c66"       # the brand, six hexadecimal digits
    logo: str = ""                # data:image/png;base64,… or jpeg

    @property
    def registered_name(self) -> str:
        """The name the law knows."""
        return self.legal_name or self.name

    @property
    def siren(self) -> str:
        """The nine digits of the company, out of the fourteen of the place."""
        return "".join(self.siret.split())[:9]


@dataclass(frozen=True)
class Buyer:
    """Who is billed; ``siren`` and ``vat_id`` for a business only, ``deliver_to`` where goods went elsewhere."""

    name: str
    address: Address = Address()
    siren: str = ""
    vat_id: str = ""
    deliver_to: Address | None = None

    @property
    def is_business(self) -> bool:
        """Whether the mentions between businesses are due."""
        return bool(self.siren)


@dataclass(frozen=True)
class Line:
    """What is sold: ``price`` is one unit's, ``discount`` the whole line's, in cents with tax; ``rate`` the VAT in
    basis points."""

    label: str
    price: int
    rate: int
    quantity: int = 1
    detail: str = ""
    goods: bool = False           # a thing, not a service
    discount: int = 0

    @property
    def gross(self) -> int:
        """What is paid for it, in cents with tax."""
        return self.quantity * self.price - self.discount


@dataclass(frozen=True)
class Note:
    """A sentence that machines know by its code: PMT recovery fee, PMD late payment, AAB early payment."""

    code: str
    text: str


@dataclass(frozen=True)
class Visit:
    """When the work was done, and by whom."""

    started: datetime
    ended: datetime
    staff: str = ""


@dataclass(frozen=True)
class Tried:
    """One thing that was tried, and when."""

    text: str
    at: datetime


@dataclass(frozen=True)
class Report:
    """What only the no-charge note tells."""

    device: str
    symptom: str
    conclusion: str
    tried: tuple[Tried, ...] = ()
    next_step: str = ""
    terms: str = ""               # where the promise stands: "Conditions générales, article 6"


@dataclass(frozen=True)
class Facts:
    """All that a paper needs besides its number and its date."""

    seller: Seller
    buyer: Buyer
    case: str                     # the case's number for eyes
    service: str                  # what was done: "Réparation guidée d’un lave-linge Blanco"
    visits: tuple[Visit, ...]
    lines: tuple[Line, ...] = ()
    confirmed: datetime | None = None   # when the customer said yes
    due_on: date | None = None
    paid: int = 0                 # cents already received
    paid_how: str = ""            # "carte", "espèces"
    covered: str = ""             # who pays what is paid in the buyer's place: "Bonus Réparation"
    pay_link: str = ""            # a web address
    pay_at_shop: str = ""         # "carte ou espèces, aux heures d’ouverture"
    texts: tuple[str, ...] = ()   # legal sentences as in force on the day
    notes: tuple[Note, ...] = ()  # what a business must read
    kept: str = ""                # what becomes of the data, and until when
    report: Report | None = None
    language: str = "fr"
    zone: str = "Europe/Paris"
    test: bool = False            # a paper of the test mode: it says so across the page


@dataclass(frozen=True)
class Corrected:
    """The invoice that a credit note takes back; ``places``: for each line of the note, its place on the invoice."""

    number: str
    issued_at: datetime
    reason: str
    places: tuple[int, ...] = ()
    whole: bool = True


@dataclass(frozen=True)
class Snapshot:
    """A paper, complete: its PDF is made from this and nothing else."""

    number: str
    kind: Kind
    issued_at: datetime
    facts: Facts
    totals: Totals
    corrects: Corrected | None = None

    @property
    def nature(self) -> str:
        """What is sold: goods, services, or mixed."""
        kinds = {line.goods for line in self.facts.lines}
        return "mixed" if len(kinds) > 1 else "goods" if True in kinds else "services"

    @property
    def due(self) -> int:
        """What is still to be paid, in cents; nothing on credit and no-charge notes."""
        return self.totals.price.gross - self.facts.paid if self.kind is Kind.INVOICE else 0
