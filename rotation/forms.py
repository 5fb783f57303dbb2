"""The form of the page. Pydantic is the one judge of what it holds; this carries its words back to the fields."""

from typing import Any

from django import forms
from pydantic import ValidationError

from access.bodies import field_errors
from access.fields import SECRET_SHAPES
from rotation.contract import LONGEST_REPORT, SHORTEST_REPORT, RotationReport


class ReportForm(forms.Form):
    """An unchecked text stays exactly as it was typed, so that nothing is lost when it is refused."""

    account_id = forms.CharField(
        label="Account id",
        help_text="acct_ and five digits, such as acct_10234.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        required=False,
        strip=False,
    )
    credential_report = forms.CharField(
        label="Credential report",
        help_text=(
            f"{SHORTEST_REPORT} to {LONGEST_REPORT} characters. "
            "What the scanner, ticket or colleague says of the key. No secrets."
        ),
        widget=forms.Textarea(
            attrs={
                "rows": 7,
                "autocomplete": "off",
                "data-shortest": SHORTEST_REPORT,
                "data-longest": LONGEST_REPORT,
            },
        ),
        required=False,
        strip=False,
    )
    item = forms.CharField(
        label="Item (optional)",
        help_text="Which credential is meant, by its label, if the account has several.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        required=False,
        strip=False,
    )

    report: RotationReport
    secret_shapes = SECRET_SHAPES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.validators = []

    def clean(self) -> None:
        values = {name: self.data.get(name, "").strip() for name in self.fields}
        try:
            self.report = RotationReport.model_validate(values | {"item": values["item"] or None})
        except ValidationError as error:
            for fault in field_errors(error, self.fields):
                self.add_error(fault.field, forms.ValidationError(fault.message, code=fault.code))
