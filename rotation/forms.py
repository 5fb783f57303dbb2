"""The form of the page at `/`."""

import re
from collections.abc import Sequence

from django import forms

from decisions.forms import ReportForm
from rotation.contract import LONGEST_REPORT, SHORTEST_REPORT

# How people write an account id: `acct 10234`, `ACCT_10234`, `10234`.
TYPED_ACCOUNT = re.compile(r"\s*(?:acct[\s_-]*)?([0-9]{5})\s*", re.IGNORECASE)
# Of an ambiguous account. The field itself completes all of them.
MOST_LABELS_SHOWN = 20


class RotationForm(ReportForm):
    account_id = forms.CharField(
        label="Account id",
        help_text="acct_ and five digits, such as acct_10234.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    credential_report = forms.CharField(
        label="Credential report",
        help_text=(
            f"{SHORTEST_REPORT} to {LONGEST_REPORT} characters. "
            "What the scanner, ticket or colleague says of the key. No secrets."
        ),
        widget=forms.Textarea({"rows": 7, "autocomplete": "off", "dir": "auto"}),
    )
    item = forms.CharField(
        label="Item (optional)",
        help_text="Which credential is meant, by its label, if the account has several.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def texts(self) -> dict[str, str]:
        texts = super().texts()
        typed = TYPED_ACCOUNT.fullmatch(texts["account_id"])
        return texts | ({"account_id": f"acct_{typed[1]}"} if typed else {})


def offer(form: forms.Form, accounts: Sequence[object], labels: Sequence[str], *, needs_item: bool) -> None:
    """Let the fields complete these accounts and labels. Mark the item where an account is ambiguous without it."""
    account, item = form["account_id"], form["item"]
    if accounts:
        account.field.widget.attrs["list"] = "accounts"
        account.help_text = "Choose one of yours, or type its number."
    if needs_item:
        item.field.widget.attrs |= {"aria-invalid": "true", "autofocus": True}
        item.field.widget.attrs |= {"list": "labels"} if labels else {}
        more = len(labels) - MOST_LABELS_SHOWN
        shown = [*labels[:MOST_LABELS_SHOWN], *([f"{more} more"] if more > 0 else [])]
        named = f"one of {', '.join(shown)}" if labels else "one by its label"
        item.help_text = f"This account has several active credentials: name {named}."
