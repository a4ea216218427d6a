"""Files of an archive that other processes can make, some of them badly. As a program: one that is killed while they are at it."""

import os
import time
from collections.abc import Iterable, Iterator
from functools import partial

import django

from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import text
from trueup.statements.exports.archiving import Wanted, made
from trueup.statements.exports.means import Means


def write(word: str) -> Iterable[bytes]:
    yield word.encode()


def refuse(word: str) -> Iterable[bytes]:
    raise Invalid("no", [Problem("x", text("there is no {word}", word=word))])


def fail(word: str) -> Iterable[bytes]:
    raise ValueError(word)


def die(word: str) -> Iterable[bytes]:
    """As if it had taken too much memory; in the first process all is well."""
    if os.environ.get("FIRST") != str(os.getpid()):
        os._exit(9)
    return write(word)


def process(word: str) -> Iterable[bytes]:
    return write(str(os.getpid()))


def sleep(word: str) -> Iterable[bytes]:
    time.sleep(600)
    return write(word)


def some(count: int, made_ones: list[str] | None = None) -> Iterator[Wanted]:
    """Files that another process can make, or, where it is told what was made, only this one."""

    def noted(word: str) -> Iterable[bytes]:
        assert made_ones is not None
        made_ones.append(word)
        return write(word)

    for number in range(count):
        name = f"{number}"
        yield Wanted(name, partial(write if made_ones is None else noted, name), f"key-{name}", apart=made_ones is None)


def main() -> None:
    """Make files that take long, and tell when other processes are at it."""
    django.setup()
    wanted = [Wanted("begun", partial(write, "begun"), apart=True), *(Wanted("x", partial(sleep, "x"), apart=True) for _ in range(40))]
    for one, _ in made(wanted, str, Means(processes=2)):
        print(one.name, flush=True)


if __name__ == "__main__":
    main()
