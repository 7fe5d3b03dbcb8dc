"""The bare WeasyPrint call, in a process of its own: the page on standard input, its PDF on standard output."""

import sys

if __name__ == "__main__":
    from weasyprint import HTML

    sys.stdout.buffer.write(HTML(string=sys.stdin.buffer.read().decode()).write_pdf())
