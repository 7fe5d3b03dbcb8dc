"""The few kinds of error, named for who must act.

    ShopVisioError          code (stable, for programs), message (translated, safe to show)
    ├── NotFound            404
    ├── Forbidden           403   the visitor learns nothing more
    ├── Invalid             422   .fields: name -> message, back into the form, what was typed kept
    ├── Conflict            409   the world moved; the person may try again
    │   ├── SlotTaken             .next_free
    │   ├── WrongState            .from_, .to
    │   └── InvoiceSealed
    └── Unavailable         503   a part of the appliance failed; the machine may try again
        ├── MailFailed            .permanent
        ├── RelayFailed
        └── DiskFailed            nothing more can be kept; what was kept stays

Anything else is a fault of ours: a traceback in the log, an apology on the page.
"""

from collections.abc import Mapping
from datetime import datetime


class ShopVisioError(Exception):
    """A refusal that may be told to the person as it stands."""

    code = "error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class NotFound(ShopVisioError):
    code = "not_found"


class Forbidden(ShopVisioError):
    code = "forbidden"


class Invalid(ShopVisioError):
    """What was given cannot be used; ``fields`` names each place and why."""

    code = "invalid"

    def __init__(self, message: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class Conflict(ShopVisioError):
    code = "conflict"


class SlotTaken(Conflict):
    """The slot went to somebody else; ``next_free`` is the next free start (UTC), if any."""

    code = "slot_taken"

    def __init__(self, message: str = "", next_free: datetime | None = None) -> None:
        super().__init__(message)
        self.next_free = next_free


class WrongState(Conflict):
    """The case (or part, or call) is not where this act may happen."""

    code = "wrong_state"

    def __init__(self, message: str = "", from_: str = "", to: str = "") -> None:
        super().__init__(message)
        self.from_, self.to = from_, to


class InvoiceSealed(Conflict):
    code = "invoice_sealed"


class Unavailable(ShopVisioError):
    code = "unavailable"


class MailFailed(Unavailable):
    """The mail did not leave; ``permanent`` when trying again cannot help."""

    code = "mail_failed"

    def __init__(self, message: str = "", permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class RelayFailed(Unavailable):
    code = "relay_failed"


class DiskFailed(Unavailable):
    code = "disk_failed"
