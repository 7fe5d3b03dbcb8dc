"""Secret links: unguessable, bound to one purpose, the same each time they are written.

A link is ``key.signature``; the key names a row, the signature says that the appliance wrote it for
this purpose. Nothing secret is stored, and a link for one purpose opens no other door.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from shopvisio.errors import NotFound

CASE = "case"  # the purpose of a customer's link
HOLD = "hold"  # of the mail that confirms a booking
PHONE = "phone"  # of a QR code that hands the call to the customer's telephone
KNOCK = "knock"  # of a QR code by which the owner's telephone tries the way in from outside
GUEST = "guest"  # of a third person's, for one call
DEVICE = "device"  # of the cookie of a device that remembers its customer
RESTORE = "restore"  # of who gave the claim code, to bring a backup back
JOIN = "join"  # of the invitation of a colleague to come
RESET = "reset"  # of the link by which a colleague chooses another password
FEED, SHOP_FEED = "feed", "shop-feed"  # of a colleague's calendar: their own visits, or everybody's
SIGNATURE = 16  # signs of base64: 96 bits


def sign(secret: bytes, purpose: str, key: str) -> str:
    """The link's token for the row named ``key``."""
    digest = hmac.digest(secret, f"{purpose}|{key}".encode(), hashlib.sha256)
    return f"{key}.{urlsafe_b64encode(digest)[:SIGNATURE].decode()}"


def read(secret: bytes, purpose: str, token: str) -> str:
    """The key inside a token; raises NotFound for a forged one, or one made for another purpose."""
    key, _, _ = token.partition(".")
    if not hmac.compare_digest(sign(secret, purpose, key).encode(), token.encode()):
        raise NotFound
    return key
