"""Upload an inventory in the admin: first what would change is shown, then it is confirmed."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from access.bodies import ADMIN_LIMIT_BYTES, takes_files
from access.import_files import CannotImport, FileRefused, ImportFile, refusal_lines
from rotation.contract import CredentialKind
from rotation.imports.apply import ImportRun, run_import
from rotation.imports.forms import LARGEST_UPLOAD_BYTES, TOO_LARGE, UploadForm
from rotation.imports.inventory import read_inventory
from rotation.imports.plan import Plan, make_plan
from rotation.imports.report import as_json, count_lines, record_lines, remarks
from rotation.imports.snapshot import Snapshot
from rotation.models import Credential

PERMISSIONS = ("rotation.add_credential", "rotation.change_credential")
MAY_LINK = "rotation.add_credentialowner"
MOST_CREDENTIALS = 5_000
PREVIEW_SECONDS = 3600
SALT = "rotation.imports.pages"

TOO_MANY = "The files have more than 5,000 credentials or refused lines: ask an operator to run import_credentials."
TOO_OLD = "What was shown is over an hour old, or not yours. Choose the files again."
CHANGED = "The records changed since this was shown. Look again at what would change."


@dataclass(frozen=True)
class Upload:
    """What somebody uploaded. Between the two pages it is in the browser alone, signed."""

    user_id: int
    at: datetime
    inventory: list[ImportFile]
    format: str
    scope: str
    kind: str
    partial: bool
    skip_refused: bool

    @classmethod
    def unsign(cls, signed: str, *, user_id: int) -> "tuple[Upload, str]":
        """:raises CannotImport: it is old, another user's, or none of ours"""
        try:
            fields, shown = signing.loads(signed, salt=SALT, max_age=PREVIEW_SECONDS)
        except signing.BadSignature:
            raise CannotImport(TOO_OLD) from None
        inventory = [ImportFile(name, content.encode("latin-1")) for name, content in fields["inventory"]]
        upload = cls(**fields | {"inventory": inventory, "at": datetime.fromisoformat(fields["at"])})
        if upload.user_id != user_id:
            raise CannotImport(TOO_OLD)
        return upload, shown

    def sign(self, shown: str) -> str:
        """Sign it with the digest of what is shown."""
        inventory = [[file.name, file.content.decode("latin-1")] for file in self.inventory]
        fields = {**vars(self), "inventory": inventory, "at": self.at.isoformat()}
        return signing.dumps([fields, shown], salt=SALT, compress=True)

    def read(self) -> Snapshot:
        """:raises FileRefused, CannotImport:"""
        snapshot = read_inventory(self.format, self.inventory, self.scope or None, self.at)
        if len(snapshot.observed) + len(snapshot.refused) > MOST_CREDENTIALS:
            raise CannotImport(TOO_MANY)
        return snapshot

    def plan(self, snapshot: Snapshot) -> Plan:
        kind = CredentialKind(self.kind) if self.kind else None
        return make_plan(snapshot, now=self.at, assigned_kind=kind, partial=self.partial)


@takes_files(permission=PERMISSIONS[0], limit_bytes=LARGEST_UPLOAD_BYTES + ADMIN_LIMIT_BYTES)
def import_page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perms(PERMISSIONS):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, "form", form=UploadForm())
    try:
        return _confirm(request) if "upload" in request.POST else _show(request)
    except CannotImport as fault:
        messages.error(request, str(fault))
        return HttpResponseRedirect(reverse("admin:rotation_credential_import"))


def _show(request: HttpRequest) -> HttpResponse:
    """Show what the files of a form would change."""
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        if form.cleaned_data["kind"] and not request.user.has_perm(MAY_LINK):
            raise PermissionDenied
        try:
            return _preview(request, Upload(user_id=_user_id(request), at=timezone.now(), **form.cleaned_data))
        except FileRefused as fault:
            form.add_error("inventory", [*refusal_lines(fault.refusals)])
    return _page(request, "form", form=form, status=422)


def _preview(request: HttpRequest, upload: Upload) -> HttpResponse:
    snapshot = upload.read()
    plan = upload.plan(snapshot)
    signed = upload.sign(_digest(plan, snapshot))
    if len(signed) > LARGEST_UPLOAD_BYTES:
        raise CannotImport(TOO_LARGE)
    return _page(
        request,
        "preview",
        upload=upload,
        signed=signed,
        counts=count_lines(plan),
        remarks=remarks(snapshot),
        records=record_lines(plan),
        refusals=[*refusal_lines(plan.refused)],
        stops=plan.refused and not upload.skip_refused,
    )


def _confirm(request: HttpRequest) -> HttpResponse:
    """Import what was shown, if it would still change the same."""
    upload, shown = Upload.unsign(request.POST["upload"], user_id=_user_id(request))
    snapshot = upload.read()

    def plan_again() -> Plan:
        plan = upload.plan(snapshot)
        if _digest(plan, snapshot) != shown:
            raise CannotImport(CHANGED)
        return plan

    import_run = ImportRun(
        format=upload.format,
        digests=[file.digest for file in upload.inventory],
        at=timezone.now(),
        imported_by=request.user.get_username(),
        user_id=upload.user_id,
    )
    try:
        outcome = run_import(plan_again, import_run, skip_refused=upload.skip_refused)
    except CannotImport as fault:
        messages.error(request, str(fault))
        return _preview(request, upload)
    counts = ", ".join(f"{count:,} {name}" for name, count in outcome.plan.counts.items())
    messages.success(request, f"Imported: {counts}.")
    return HttpResponseRedirect(reverse("admin:rotation_credential_changelist"))


def _digest(plan: Plan, snapshot: Snapshot) -> str:
    return sha256(json.dumps(as_json(plan, snapshot)).encode()).hexdigest()


def _user_id(request: HttpRequest) -> int:
    # Who has a permission has signed in, and so has an id.
    return cast("int", request.user.pk)


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    context |= admin.site.each_context(request) | {"title": "Import credential records", "opts": Credential._meta}
    return TemplateResponse(request, f"admin/rotation/import/{name}.html", context, status=status)
