"""The form of the page at `/tickets/`."""

from django import forms

from decisions.forms import ReportForm
from tickets.contract import LONGEST_TEXT, SHORTEST_TEXT


class TicketForm(ReportForm):
    text = forms.CharField(
        label="Support request",
        help_text=(
            f"{SHORTEST_TEXT:,} to {LONGEST_TEXT:,} characters in any language: a mail, a chat, a note of a call."
            " No passwords or keys."
        ),
        widget=forms.Textarea({"rows": 12, "autocomplete": "off", "dir": "auto"}),
    )
