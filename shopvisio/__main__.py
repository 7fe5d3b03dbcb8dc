"""``python -m shopvisio``: the same commands as ``shopvisio``."""

from shopvisio.cli import main

if __name__ == "__main__":
    main()
