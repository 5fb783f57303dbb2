"""The form by which clerks upload an inventory."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from access.import_files import ImportFile
from rotation.imports.formats import FORMATS
from rotation.models import KINDS

LARGEST_UPLOAD_BYTES = 2 * 1024 * 1024
TOO_LARGE = "The files have more than 2 MB together: ask an operator to run import_credentials."


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    widget = FilesInput

    def clean(self, data: list[UploadedFile], initial: object = None) -> list[ImportFile]:
        checked = [super(FilesField, self).clean(each) for each in data or ("",)]
        if sum(each.size for each in checked) > LARGEST_UPLOAD_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        return [ImportFile(each.name, each.read()) for each in checked]


class UploadForm(forms.Form):
    format = forms.ChoiceField(choices=lambda: [("", "Choose a format"), *((name, name) for name in sorted(FORMATS))])
    inventory = FilesField(
        label="Files",
        help_text="All files of one snapshot, 2 MB and 5,000 credentials at most.",
        error_messages={"required": "Choose one or more files."},
    )
    scope = forms.CharField(
        required=False, max_length=120, help_text="What the files describe, if they do not name it."
    )
    kind = forms.ChoiceField(
        required=False,
        label="Owners without a link",
        choices=[
            ("", "Refuse their lines"),
            *((kind, f"Give each an account id, as {label}") for kind, label in KINDS),
        ],
    )
    partial = forms.BooleanField(required=False, label="The files name a part of their source: disable no other record")
    skip_refused = forms.BooleanField(required=False, label="Leave refused lines out and import the others")
