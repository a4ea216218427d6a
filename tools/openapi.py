"""Write docs/openapi.json, the document that describes the API, from its code.

`python tools/openapi.py` (or `make openapi`) writes it; `--check` only says whether it is what the code says, and ends with 1 if not.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def main() -> int:
    """Write or compare; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "trueup.config.settings", "TRUEUP_HOME": home}
        os.environ.pop("TRUEUP_DATABASE_URL", None)
        django.setup()
        document = _document()
    if DOCUMENT.exists() and DOCUMENT.read_text(encoding="utf-8") == document:
        return 0
    if check:
        print("docs/openapi.json is not what the code says: write it anew with make openapi", file=sys.stderr)
        return 1
    DOCUMENT.write_text(document, encoding="utf-8")
    print(f"Written: {DOCUMENT}")
    return 0


def _document() -> str:
    from trueup.api import openapi  # noqa: PLC0415 -- the settings come first
    from trueup.api.app import api  # noqa: PLC0415

    return openapi.written(api)


if __name__ == "__main__":
    sys.exit(main())
