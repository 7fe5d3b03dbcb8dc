"""The certificate by which browsers know the shop: served, watched, ordered from an authority, renewed by itself.

    plan      when one is ordered, and when not    (pure)
    order     one order, in a process of its own: the only place that knows the ACME library
    keeper    what is served right now; it looks at the files once a minute, and sees to the orders
"""

from shopvisio.certificate.keeper import EVERY, Keeper, Wish, due, kept, order_if_due, wish
from shopvisio.certificate.tries import CertificateTry, latest

__all__ = ["EVERY", "CertificateTry", "Keeper", "Wish", "due", "kept", "latest", "order_if_due", "wish"]
