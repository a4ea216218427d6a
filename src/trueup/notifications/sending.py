"""The outbox is emptied: claimed, composed, sent, marked. At least once: who is killed in between leaves its claim to the next.

What is sent twice because of that has the same Message-ID, by which a mail program recognizes it.
"""

import logging
import smtplib
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.db.models import F, Q

from trueup.notifications.composing import Overtaken, compose
from trueup.notifications.models import Delivery
from trueup.notifications.rendering import Rendered
from trueup.notifications.rules import (
    AT_ONCE,
    BACK_OFF,
    CLAIM_LASTS,
    PAUSE_WITHOUT_SERVER,
    Attempt,
    State,
    after_failure,
    one_line,
)

_log = logging.getLogger(__name__)


class _NoServer(Exception):
    """The mail server cannot be used now, whatever the e-mail."""


class _RefusedForGood(Exception):
    """The server will never take this e-mail."""


def send_due(*, now: datetime) -> int:
    """Send what is due, the longest waiting first, at most `AT_ONCE`; returns how many went out.

    After the server could not be used once, the rest waits a minute. Never raises for what is wrong with a single delivery.
    """
    due = list(_claimable(now).order_by("next_try_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    if not due:
        return 0
    connection = get_connection()
    sent = 0
    try:
        for delivery_id in due:
            sent += _deliver(delivery_id, connection, now)
    except _NoServer as problem:
        _log.warning("the mail server cannot be used: %s", problem)
        waiting = Delivery.objects.filter(state=State.WAITING, next_try_at__lte=now)
        waiting.update(next_try_at=now + PAUSE_WITHOUT_SERVER)
    finally:
        _close(connection)
    return sent


def _claimable(now: datetime) -> Any:
    """What waits and is due, and what a worker claimed so long ago that it cannot be at work any more."""
    left = Q(state=State.SENDING, claimed_at__lte=now - CLAIM_LASTS)
    return Delivery.objects.filter(Q(state=State.WAITING, next_try_at__lte=now) | left)


def _deliver(delivery_id: int, connection: Any, now: datetime) -> int:
    """Claim one delivery and see it through; 1 if it went out. Raises _NoServer, after it was put back."""
    if not _claimable(now).filter(pk=delivery_id).update(state=State.SENDING, claimed_at=now, tries=F("tries") + 1):
        return 0  # somebody else was quicker
    delivery = Delivery.objects.select_related("user", "account").get(pk=delivery_id)
    try:
        attempt = _attempt(delivery, connection, now)
    except _NoServer as problem:
        _mark(delivery, after_failure(delivery.tries, now, str(problem), for_good=False), now)
        raise
    _mark(delivery, attempt, now)
    return int(attempt.state is State.SENT)


def _attempt(delivery: Delivery, connection: Any, now: datetime) -> Attempt:
    """Compose and send; says what became of it. Raises _NoServer."""
    if delivery.tries > len(BACK_OFF) + 1:
        return Attempt(State.FAILED, None, "each worker that tried to send it was ended before it was done")
    if delivery.user is not None:  # as they are called, and where they get mail, now
        delivery.address, delivery.name = delivery.user.email, delivery.user.name
    try:
        words = compose(delivery, now=now)
        _keep(delivery, words)
        _send(delivery, words, connection, now)
    except Overtaken as reason:
        return Attempt(State.DROPPED, None, str(reason))
    except _RefusedForGood as reason:
        return after_failure(delivery.tries, now, str(reason), for_good=True)
    except _NoServer:
        raise
    except Exception as error:  # noqa: BLE001 -- one e-mail that fails must not hold up the others
        _log.exception("the delivery %s could not be sent", delivery.pk)
        return after_failure(delivery.tries, now, _words(error), for_good=False)
    return Attempt(State.SENT, None, words.problem)


def _keep(delivery: Delivery, words: Rendered) -> None:
    """Keep what is going to be sent, and where to."""
    kept = {"subject": words.subject, "text": words.text, "html": words.html, "address": delivery.address, "name": delivery.name}
    Delivery.objects.filter(pk=delivery.pk, tries=delivery.tries).update(**kept)


def _mark(delivery: Delivery, attempt: Attempt, now: datetime) -> None:
    """Write down what became of it, unless another worker has taken the claim over meanwhile."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.SENDING, tries=delivery.tries)
    mine.update(
        state=attempt.state,
        next_try_at=attempt.next_try_at,
        last_error=attempt.problem,
        claimed_at=None,
        sent_at=now if attempt.state is State.SENT else None,
    )


def _send(delivery: Delivery, words: Rendered, connection: Any, now: datetime) -> None:
    """Hand it to the mail server. Raises _RefusedForGood, _NoServer, and what else may go wrong with one e-mail."""
    try:
        validate_email(delivery.address)
    except ValidationError:
        raise _RefusedForGood(f"“{one_line(delivery.address)}” is not an e-mail address") from None
    message = _message(delivery, words, connection, now)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise _NoServer(_words(error)) from error
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        _refused(*next(iter(error.recipients.values())), error)
    except (smtplib.SMTPSenderRefused, smtplib.SMTPServerDisconnected) as error:
        raise _NoServer(_words(error)) from error
    except smtplib.SMTPResponseException as error:
        _refused(error.smtp_code, error.smtp_error, error)
    except OSError as error:  # it broke off, or answered too late
        raise _NoServer(_words(error)) from error


def _refused(code: int, reason: bytes | str, error: Exception) -> None:
    """A number from 500 on is the server's last word on this e-mail."""
    said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    if code >= 500:
        raise _RefusedForGood(f"{code} {one_line(said)}") from error
    raise error


def _message(delivery: Delivery, words: Rendered, connection: Any, now: datetime) -> EmailMultiAlternatives:
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {
        "Date": format_datetime(now),
        "Message-ID": f"<{delivery.message_id}@{host}>",
        "Auto-Submitted": "auto-generated",
    }
    if delivery.report_id:
        headers["References"] = f"<report-{delivery.report_id}@{host}>"  # one conversation per report
    message = EmailMultiAlternatives(
        words.subject, words.text, to=[formataddr((one_line(delivery.name), delivery.address))], headers=headers, connection=connection
    )
    message.attach_alternative(words.html, "text/html")
    return message


def _words(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}", 500)


def _close(connection: Any) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException) as error:  # what was sent is sent
        _log.info("the mail server did not say goodbye: %s", error)
