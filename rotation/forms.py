"""The form of the page at `/`."""

import re
from collections.abc import Sequence

from django import forms

from decisions.forms import ReportForm
from rotation.contract import LONGEST_REPORT, SHORTEST_REPORT
from rotation.words import SENTENCES
from traces.codes import ErrorCode

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


def offer(form: ReportForm, accounts: Sequence[object], labels: Sequence[str]) -> None:
    """Let the fields complete these accounts and labels."""
    account, item = form["account_id"], form["item"]
    if accounts:
        account.field.widget.attrs["list"] = "accounts"
        account.help_text = "Choose one of yours, or type its number."
    if labels:
        item.field.widget.attrs["list"] = "labels"


def mark_fault(form: ReportForm, code: str | None, labels: Sequence[str]) -> None:
    """Mark the fields that made a request fail with this code."""
    item = form["item"]
    has_item = bool((item.value() or "").strip())
    if code == ErrorCode.ACCOUNT_UNKNOWN:
        for name in ("account_id", "item")[: 1 + has_item]:
            form.blame(name, SENTENCES[code])
    elif code == ErrorCode.CREDENTIAL_AMBIGUOUS and not has_item:
        more = len(labels) - MOST_LABELS_SHOWN
        shown = [*labels[:MOST_LABELS_SHOWN], *([f"{more} more"] if more > 0 else [])]
        named = f"one of {', '.join(shown)}" if labels else "one by its label"
        item.label = "Item"
        form.blame("item", f"This account has several active credentials: name {named}.")
