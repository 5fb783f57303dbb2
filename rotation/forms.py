"""The form of the page at `/`."""

from django import forms

from decisions.forms import ReportForm
from rotation.contract import LONGEST_REPORT, SHORTEST_REPORT


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
