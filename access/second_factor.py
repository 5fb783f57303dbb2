"""
The second factor of staff who sign in by password: a number from an app (TOTP), or a recovery code.

Until it is given, or set up where it is required, their session can do nothing else. Whoever signs in at
the issuer gives a second factor there, if the company wants one.
"""

from base64 import b32encode
from functools import wraps
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django_otp import DEVICE_ID_SESSION_KEY, user_has_device, verify_token
from django_otp import login as remember_device
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from access.audit import Event, record
from access.refusals import Middleware, View, allow
from access.sessions import SINGLE_SIGN_ON, end_sessions

RECOVERY_CODES = 10
DIGITS = 6

# Set in a session at a sign-in by password if the user has a factor.
ASKED = "second_factor_asked"


class SecondFactorMiddleware(Middleware):
    """While the factor is missing, the request has no user. The sign-in pages then lead to where it is given."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        lazy = SimpleLazyObject(lambda: AnonymousUser() if _is_missing(request, user) else user)
        vars(request).update(user=lazy, user_without_factor=user)
        return super().__call__(request)


def _is_missing(request: HttpRequest, user: User | AnonymousUser) -> bool:
    if not user.is_staff or DEVICE_ID_SESSION_KEY in request.session:
        return False
    is_by_password = request.session[BACKEND_SESSION_KEY] != SINGLE_SIGN_ON
    return is_by_password and (settings.STAFF_SECOND_FACTOR == "required" or ASKED in request.session)


@receiver(user_logged_in)
def ask_for_factor(request: HttpRequest, user: User, **_signal: Any) -> None:
    if user_has_device(user):
        request.session[ASKED] = True


def then_second_factor(sign_in: View) -> View:
    """Let a sign-in page lead on to the second factor while that is missing."""

    @wraps(sign_in)
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_half = not request.user.is_authenticated and vars(request)["user_without_factor"].is_authenticated
        if request.method == "POST" or not is_half:
            return sign_in(request, *args, **kwargs)
        return redirect_to_login(request.GET.get("next", ""), reverse("second_factor"))

    return view


def remove_second_factor(user: User) -> bool:
    """Remove a lost factor, and end the user's sessions. Return False if there was none."""
    with transaction.atomic():
        removed = [model.objects.filter(user=user).delete()[0] for model in (StaticDevice, TOTPDevice)]
        if any(removed):
            record(Event.FACTOR_REMOVED, user_id=user.pk)
            end_sessions(user)
    return any(removed)


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=16, widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True})
    )

    def __init__(self, *args: Any, devices: list[Device], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.devices = devices
        if any(isinstance(device, StaticDevice) for device in devices):
            self.fields["code"].help_text = "The six digits that your app shows, or one of your recovery codes."
        else:
            self.fields["code"].help_text = "The six digits that your app shows now."

    def clean_code(self) -> Device:
        """
        Return the device that takes the code. django-otp lets a device wait after each wrong one, twice as long.

        A recovery code is longer than the app's six digits, so that a wrong code makes only its own device wait.
        """
        code = self.cleaned_data["code"].replace(" ", "").lower()
        kind = TOTPDevice if len(code) <= DIGITS else StaticDevice
        for device in self.devices:
            if isinstance(device, kind) and verify_token(device.user, device.persistent_id, code):
                return device
        raise ValidationError(
            "This code is not accepted. After several wrong ones, wait a minute for each further one."
        )


@allow("GET", "POST")
def second_factor(request: HttpRequest) -> HttpResponse:
    user = request.user = vars(request)["user_without_factor"]
    if not user.is_staff:
        raise Http404
    app = TOTPDevice.objects.filter(user=user).order_by("-confirmed", "pk").first() or TOTPDevice.objects.create(
        user=user, confirmed=False
    )
    devices: list[Device] = [app, *StaticDevice.objects.filter(user=user)]
    form = CodeForm(request.POST or None, devices=devices)
    if app.confirmed and DEVICE_ID_SESSION_KEY in request.session:
        return render(request, "access/message.html", {"heading": "Your second factor is set up"})
    if form.is_valid():
        if not app.confirmed:
            # Sessions that began without the factor end, and this one gets a new key.
            end_sessions(user)
        request.session.cycle_key()
        remember_device(request, form.cleaned_data["code"])
        if not app.confirmed:
            return render(request, "access/recovery_codes.html", {"codes": _confirm(app)})
        following = request.POST.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(following, {request.get_host()}, require_https=request.is_secure())
        return HttpResponseRedirect(following if is_ours else reverse("admin:index"))
    context = {"form": form, "next": request.POST.get("next", request.GET.get("next", "")), "app": app}
    if not app.confirmed:
        context |= {"key": b32encode(app.bin_key).decode(), "picture": _picture(app)}
    return render(request, "access/second_factor.html", context)


def _confirm(app: TOTPDevice) -> list[str]:
    with transaction.atomic():
        app.refresh_from_db()
        app.confirmed = True
        app.save(update_fields=["confirmed"])
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        device = StaticDevice.objects.create(user=app.user)
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
        record(Event.FACTOR_ADDED, user_id=app.user_id)
    return codes


def _picture(app: TOTPDevice) -> str:
    """Return a QR code as markup, which needs no file, no script and no style. Apps read it on white alone."""
    picture = segno.make(app.config_url, error="m")
    return mark_safe(picture.svg_inline(scale=5, light="white", title="QR code", svgclass=None, lineclass=None))  # noqa: S308
