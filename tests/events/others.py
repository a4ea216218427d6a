"""Others, who work at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection


def elsewhere(work: Callable[[], object]) -> None:
    """Do something over a connection of its own, to the end."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result(timeout=30)
