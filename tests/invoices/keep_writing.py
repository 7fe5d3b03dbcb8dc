"""Issue papers until killed, as fast as the disk allows: ``python keep_writing.py FOLDER``."""

import sys
from pathlib import Path

from sample_papers import NOT_REPAIRED, REPAIRED, open_ledger

from shopvisio import clock
from shopvisio.db import writing
from shopvisio.invoices import Kind, issue

with open_ledger(Path(sys.argv[1])):
    while True:
        for kind, facts in ((Kind.INVOICE, REPAIRED), (Kind.NO_CHARGE_NOTE, NOT_REPAIRED)):
            with writing():
                number = issue(kind, facts, 104, clock.now()).number
            print(number, flush=True)
