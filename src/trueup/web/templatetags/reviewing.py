"""`{% load reviewing %}`: what a reviewer can do with a report, on whichever page it is shown."""

from typing import Any

from django import template

from trueup.web.pages.inbox import asked_in
from trueup.web.pages.reviewing import Actions, actions_for

register = template.Library()


@register.simple_tag(takes_context=True)
def review_actions(context: Any) -> Actions:
    """For a page with a `report`; one that has them already keeps its own."""
    ready = context.get("review")
    if isinstance(ready, Actions):
        return ready
    inbox = asked_in(context["request"].GET.get("inbox", ""))
    return actions_for(context["report"], may_review=context["page"].may_review, query=inbox.query)
