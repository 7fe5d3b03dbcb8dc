"""``python -m shopvisio``: the same commands as ``shopvisio``."""

import gc

gc.disable()  # while all of it is read in there is nothing to find: an eighth of the start; serving.py begins with it

from shopvisio.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
