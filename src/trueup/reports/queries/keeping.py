"""What was read from the ledger as of a pin, kept in memory: it never changes, so what was read once may be shown again."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Sized)


class Kept(Generic[Key, Value]):
    """What was asked for last, up to so many items altogether. Two threads that miss the same both read, and read the same."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, read: Callable[[], Value]) -> Value:
        """From memory, or else what is read."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        value = read()
        with self._lock:
            self._found[key] = value
            while len(self._found) > 1 and sum(map(len, self._found.values())) > self._most:
                self._found.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._found.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._found)
