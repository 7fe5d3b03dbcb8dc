"""Backups: everything to keep in one encrypted file, taken while the shop serves; and the way back.

``keeping`` knows the files that were made, ``recovery`` the keys that open them, ``restoring`` the way back. ``sealed``
writes and reads a file, in a child process that carries no database.
"""

from shopvisio.backup.base import before_upgrade, copy

__all__ = ["before_upgrade", "copy"]
