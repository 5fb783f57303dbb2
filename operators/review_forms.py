"""The form that a reviewer fills in."""

from typing import Any, cast

from django import forms
from django.core.validators import MaxLengthValidator, MinValueValidator

from access.fields import looks_like_secret
from decisions.workflow import ReviewWords
from traces.entries import LONGEST_NOTE


class NoteField(forms.CharField):
    """Count a line end as one character; a browser sends two."""

    def to_python(self, value: object) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class ReviewForm(forms.Form):
    """`seen` is the number of the latest review that the reviewer has read, 0 for none."""

    seen = forms.IntegerField(widget=forms.HiddenInput, validators=[MinValueValidator(0)])
    outcome = forms.ChoiceField(
        label="Outcome", widget=forms.RadioSelect, error_messages={"required": "Choose what you found."}
    )
    reason = forms.ChoiceField(label="Reason", error_messages={"required": "Choose what the outcome rests on."})
    note = NoteField(
        label="Note",
        help_text=f"Up to {LONGEST_NOTE} characters: what you looked at. No text of the customer's, no secrets.",
        widget=forms.Textarea(attrs={"rows": 5, "cols": 80, "autocomplete": "off"}),
        required=False,
        # Not max_length: with it, a browser silently cuts off a text that is pasted.
        validators=[MaxLengthValidator(LONGEST_NOTE)],
    )

    def __init__(self, *args: Any, words: ReviewWords, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = words
        outcome, reason = (cast("forms.ChoiceField", self.fields[name]) for name in ("outcome", "reason"))
        outcome.choices = [*words.outcomes.items()]
        reason.choices = [("", "Choose a reason"), *words.reasons.items()]

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if looks_like_secret(note):
            raise forms.ValidationError("This looks like it holds a secret. Remove it.", code="looks_like_secret")
        return note

    def clean(self) -> None:
        if self.cleaned_data.get("reason") == self.words.other_reason and self.cleaned_data.get("note") == "":
            self.add_error("note", forms.ValidationError("Write the other reason here.", code="required"))
