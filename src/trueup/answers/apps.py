"""The module as Django sees it."""

from django.apps import AppConfig


class AnswersConfig(AppConfig):
    """Answers kept for programs that ask again."""

    name = "trueup.answers"
