"""The mail that leads a sender to what a person found. It holds the link and nothing else of the request."""

import logging
from threading import Thread

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from access.submitters import mail_address_of
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest

logger = logging.getLogger(__name__)
LONGEST_SECONDS = 5
NOT_MAILED = "The mail to the sender could not be sent, or takes too long. Their page shows your review."


def mail_sender(trace: TraceRecord) -> bool:
    """Mail a sender who asked for the review. Return False if that failed, or takes over LONGEST_SECONDS."""
    address = mail_address_of(trace.submitter)
    if address is None or not ReviewRequest.objects.filter(pk=trace.pk).exists():
        return True
    link = settings.SITE_ADDRESS + reverse(f"{trace.workflow}:result", kwargs={"trace_id": trace.pk})
    sent: list[int] = []

    def send() -> None:
        subject = render_to_string("access/reviewed_subject.txt").strip()
        try:
            sent.append(
                send_mail(subject, render_to_string("access/reviewed_mail.txt", {"link": link}), None, [address])
            )
        except Exception as fault:  # noqa: BLE001 - Django raises many kinds for an address that is none
            logger.error("A mail could not be sent: trace_id=%s %s", trace.pk, type(fault).__name__)  # noqa: TRY400

    # A thread, because the server's own timeout counts for each step of the exchange alone.
    thread = Thread(target=send, name="mail", daemon=True)
    thread.start()
    thread.join(LONGEST_SECONDS)
    return bool(sent)
