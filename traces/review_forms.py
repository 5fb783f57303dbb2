"""The form a reviewer fills in."""

from collections.abc import Callable

from django import forms
from django.core.validators import MaxLengthValidator, MinValueValidator

from traces.review_queue import Finding
from traces.reviews import LONGEST_NOTE, ReviewOutcome, ReviewReason

# What packages above the ledger know of the shapes of secrets; they add themselves.
SECRET_CHECKS: list[Callable[[str], bool]] = []


class NoteField(forms.CharField):
    """Count a line end as one character, as the reviewer does; a browser sends two."""

    def to_python(self, value: object) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class ReviewForm(forms.Form):
    """`seen` is the number of the latest review that the reviewer has read, 0 for none."""

    seen = forms.IntegerField(widget=forms.HiddenInput, validators=[MinValueValidator(0)])
    outcome = forms.ChoiceField(
        label="Outcome",
        choices=ReviewOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you found."},
    )
    reason = forms.ChoiceField(
        label="Reason",
        choices=[("", "Choose a reason"), *ReviewReason.choices],
        error_messages={"required": "Choose what the outcome rests on."},
    )
    note = NoteField(
        label="Note",
        help_text=f"Up to {LONGEST_NOTE} characters: what you looked at. No text of the customer's, no secrets.",
        widget=forms.Textarea(attrs={"rows": 5, "cols": 80, "autocomplete": "off"}),
        required=False,
        # Not max_length: with it a browser cuts off what is pasted, without a word.
        validators=[MaxLengthValidator(LONGEST_NOTE)],
    )

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if any(looks_like_secret(note) for looks_like_secret in SECRET_CHECKS):
            raise forms.ValidationError("This looks like it holds a secret. Remove it.", code="looks_like_secret")
        return note

    def clean(self) -> None:
        if self.cleaned_data.get("reason") == ReviewReason.OTHER and self.cleaned_data.get("note") == "":
            self.add_error("note", forms.ValidationError("Write the other reason here.", code="required"))

    @property
    def finding(self) -> Finding:
        return Finding(
            outcome=ReviewOutcome(self.cleaned_data["outcome"]),
            reason=ReviewReason(self.cleaned_data["reason"]),
            note=self.cleaned_data["note"],
        )
