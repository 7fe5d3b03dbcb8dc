"""QR codes as SVG: a link for another device to open, a transfer for a banking app."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import segno
import segno.helpers

QUIET = 4  # cells of white around, for cameras: the symbol itself says so


def link(address: str) -> bytes:
    """The address, on white whatever lies under it."""
    return _svg(segno.make(address, error="m", micro=False), border=QUIET, dark="#0b1113", light="#ffffff")


def transfer(name: str, iban: str, bic: str, amount: Decimal, text: str, dark: str) -> bytes:
    """The EPC QR of a transfer (EPC069-12): banking apps fill the form from it."""
    code = segno.helpers.make_epc_qr(name=name, iban=iban, bic=bic or None, amount=amount, text=text)
    return _svg(code, border=0, dark=dark)


def _svg(code: Any, **look: object) -> bytes:
    image = BytesIO()
    code.save(image, kind="svg", xmldecl=False, svgns=True, omitsize=True, **look)
    return image.getvalue()
