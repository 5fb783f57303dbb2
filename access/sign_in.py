"""How members sign in and out, and come by a new password. Failed sign-ins are throttled as the admin's are."""

from threading import Thread
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, forms, views
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.generic import TemplateView

from access.submitters import is_stranger

# A user gets at most one mail in this time from a process, however often one is asked for.
MAIL_PAUSE_SECONDS = 300
NO_MAIL = {
    "heading": "Passwords are not reset by mail here",
    "told": "Ask for a new password where you were given your login.",
}


def sign_in_first(request: HttpRequest) -> HttpResponse | None:
    """Lead who has to sign in to the page for it, and from there back; None for who may come in."""
    return redirect_to_login(request.get_full_path()) if is_stranger(request) else None


def header(request: HttpRequest) -> dict[str, Any]:
    """Give templates who is signed in, in members mode alone. It is looked up only where it is shown."""

    def signed_in_as() -> str:
        try:
            # A request that was refused early has no user yet, and without a database nobody is known.
            user = getattr(request, "user", None) if settings.ACCESS == "members" else None
            return user.get_username() if user and user.is_authenticated else ""
        except DatabaseFault:
            return ""

    return {"signed_in_as": signed_in_as}


class SignInForm(forms.AuthenticationForm):
    error_messages = {
        "invalid_login": "This user name and password do not go together. Passwords are case-sensitive.",
        "inactive": "This user name and password do not go together. Passwords are case-sensitive.",
    }


class SignIn(views.LoginView):
    form_class = SignInForm
    template_name = "access/sign_in.html"
    next_page = "report"


class ResetForm(forms.PasswordResetForm):
    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send beside the answer, which would else tell by its time whether we know the address."""
        subject, body, context, *rest = args
        if cache.add(f"password-reset:{context['user'].pk}", value=True, timeout=MAIL_PAUSE_SECONDS):
            Thread(target=super().send_mail, args=(subject, body, context, *rest), kwargs=kwargs, name="mail").start()


class ResetPassword(views.PasswordResetView):
    form_class = ResetForm
    template_name = "access/reset_password.html"
    subject_template_name = "access/reset_subject.txt"
    email_template_name = "access/reset_mail.txt"
    success_url = reverse_lazy("password_reset_done")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.MAILS_PASSWORD_RESETS:
            return render(request, "access/told.html", NO_MAIL)
        return super().dispatch(request, *args, **kwargs)


class NewPassword(views.PasswordResetConfirmView):
    template_name = "access/new_password.html"
    success_url = reverse_lazy("password_reset_complete")


class ChangeForm(forms.PasswordChangeForm):
    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """Count a wrong one as a sign-in that failed: whoever finds an open session must not try without end."""
        given: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=given) is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return given


class ChangePassword(views.PasswordChangeView):
    form_class = ChangeForm
    template_name = "access/change_password.html"
    success_url = reverse_lazy("password_changed")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}


class Told(TemplateView):
    """A page that tells that something is done."""

    template_name = "access/told.html"
