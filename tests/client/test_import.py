"""What `import trueup.client` loads, and what it takes with it."""

import subprocess
import sys
from importlib import resources

CODE = """
import sys
from trueup.client import ANY, Changed, Client, LineEdit, SignedOut, Unreachable
from trueup.client.signing_in import SignedIn
Client("https://trueup.example.com", token="t").close()
print(sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[1:])))
print(sorted({name.split(".")[1] for name in sys.modules if name.startswith("trueup.")}))
"""
HEAVY = ["allauth", "deltalake", "django", "duckdb", "environ", "jsonschema", "ninja", "psycopg", "pyarrow", "pydantic",
         "typer", "yaml"]  # fmt: skip


class TestImport:
    def test_loads_nothing_of_the_server(self) -> None:
        answer = subprocess.run([sys.executable, "-c", CODE, *HEAVY], capture_output=True, text=True, check=True, timeout=120)
        assert answer.stdout.splitlines() == ["[]", "['client', 'kit']"]

    def test_is_typed(self) -> None:
        assert resources.files("trueup").joinpath("py.typed").is_file()
