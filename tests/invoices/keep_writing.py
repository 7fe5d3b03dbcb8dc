"""Issue papers until killed, as fast as the disk allows: ``python keep_writing.py FOLDER``."""

import sys
import time
from itertools import cycle
from pathlib import Path

from sample_papers import NOT_REPAIRED, REPAIRED, open_ledger
from sqlalchemy.exc import OperationalError

from shopvisio import clock
from shopvisio.db import writing
from shopvisio.invoices import Kind, issue

with open_ledger(Path(sys.argv[1])):
    for kind, facts in cycle(((Kind.INVOICE, REPAIRED), (Kind.NO_CHARGE_NOTE, NOT_REPAIRED))):
        try:
            with writing():
                number = issue(kind, facts, 104, clock.now()).number
        except OperationalError:   # the others kept the lock for longer than one waits: as a person would, again
            continue
        print(number, flush=True)
        time.sleep(0.002)   # the others' turn
