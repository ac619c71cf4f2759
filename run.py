#!/usr/bin/env python3
"""One command on a bare machine: `python3 run.py`. See `python3 run.py --help` and docs/running.md."""

import sys

# Before anything else is imported: what follows uses Python 3.11, and an old Python would only answer with a SyntaxError.
if sys.version_info < (3, 11):  # noqa: UP036 - the older Pythons are the ones to be told
    sys.exit("Ventanilla needs Python 3.11 or newer; this is {}.{}. Try: python3.11 run.py".format(*sys.version_info))
if sys.platform == "win32":
    sys.exit("Ventanilla runs on Linux and macOS. On Windows, use it inside WSL: wsl --install")

from runner.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
