"""Forms whose values pydantic validates, and not Django."""

from functools import cache
from typing import Any

from django import forms
from django.forms import ValidationError as FormError
from pydantic import ValidationError

from access.bodies import field_errors
from access.fields import SECRET_SHAPES
from decisions.contract import Report


class ReportForm(forms.Form):
    """
    A workflow's form. Its fields are the fields of the report's type.

    A refused text stays in the form exactly as it was typed. The script counts the text's characters by its bounds.
    """

    report: Report
    secret_shapes = SECRET_SHAPES

    def __init__(self, *args: Any, report_type: type[Report], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.report_type = report_type
        self.fields[report_type.text_field].widget.attrs |= _length_marks(report_type)
        for field in self.fields.values():
            field.required, field.validators = False, []
            if isinstance(field, forms.CharField):
                field.strip = False

    def texts(self) -> dict[str, str]:
        return {name: self.data.get(name, "") for name in self.fields}

    def blame(self, name: str, sentence: str) -> None:
        """Mark the field that made a request fail, also in a form that was not sent. The first one gets the focus."""
        if not self.errors:
            self.fields[name].widget.attrs["autofocus"] = True
        self.errors.setdefault(name, self.error_class(renderer=self.renderer)).append(sentence)

    def clean(self) -> None:
        try:
            self.report = self.report_type.from_texts(self.texts())
        except ValidationError as error:
            for fault in field_errors(error, self.fields):
                self.add_error(fault.field, FormError(fault.message, code=fault.code))


@cache
def _length_marks(report_type: type[Report]) -> dict[str, int]:
    bounds = report_type.model_json_schema()["properties"][report_type.text_field]
    return {"data-shortest": bounds["minLength"], "data-longest": bounds["maxLength"]}
