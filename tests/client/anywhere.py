"""A story that is typed twice: over the network, and then, from the same beginning, at the machine itself."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from pytest_django import Settings

from tests.jobs.command import Answer, Trueup
from tests.web.conftest import Clock
from trueup.kit.period import parse_instant

Step = tuple[str, list[str]]
"""Who, what."""


@dataclass(frozen=True, slots=True)
class Anywhere:
    """The command line, and where the same installation is served. `ledger`: where there is none yet."""

    trueup: Trueup
    url: str
    sign_in: Callable[[str, str], None]
    settings: Settings
    ledger: Path

    def away(self, email: str, words: Sequence[str]) -> Answer:
        """Type it over the network, signed in as this person."""
        self.sign_in(email, self.url)
        return self.trueup("--server", self.url, *words)

    def told_at(self, now: str, story: Sequence[Step], begin: Callable[[Trueup], None], *, asking: Collection[str]) -> list[Answer]:
        """What is answered to a story in which no time goes by; the commands of `asking` do not ask what time it is."""
        self.settings.TRUEUP_CLOCK = Clock(parse_instant(now))
        self.settings.TRUEUP_API_LIMIT = 100_000

        def here(email: str, words: Sequence[str]) -> Answer:
            when = [] if " ".join(words[:2]) in asking else ["--now", now]
            return self.trueup(*words, "--as", email, *when)

        return self.told(story, begin, away=self.away, here=here)

    def told(
        self, story: Sequence[Any], begin: Callable[[Trueup], None], *, away: Callable[..., Answer], here: Callable[..., Answer]
    ) -> list[Answer]:
        """What is answered to each step, which is the same here and away, and never a traceback."""
        begin(self.trueup)
        far = [away(*step) for step in story]
        call_command("flush", verbosity=0, interactive=False)
        self.settings.TRUEUP_LEDGER_URL = str(self.ledger)
        begin(self.trueup)
        near = [here(*step) for step in story]
        different = [(step, one, other) for step, one, other in zip(story, far, near, strict=True) if one != other]
        assert not different, "\n".join(map(str, different))
        assert not any("Traceback" in answer.err for answer in near)
        return near
