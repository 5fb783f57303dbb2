"""Pages where members sign in and out and set a new password. Failed sign-ins are limited as in the admin."""

from threading import Thread
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, forms, logout, views
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy

from access.members import member_of
from access.refusals import allow
from access.sessions import end_sessions
from access.submitters import bearer_of

# Each process sends a user at most one mail in this time.
MAIL_PAUSE_SECONDS = 300
NO_MAIL = {
    "heading": "Passwords are not reset by mail here",
    "message": "To get a new password, ask",
    "asks": True,
}


def redirect_to_sign_in(request: HttpRequest) -> HttpResponse | None:
    """Return a redirect to the sign-in page, which leads back here. None if no sign-in is needed."""
    if settings.ACCESS == "members" and bearer_of(request) is None and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return None


def support_contact() -> str:
    return settings.SUPPORT_CONTACT or "the operator of this service"


def signed_in_user(request: HttpRequest) -> dict[str, Any]:
    """
    Give templates the ways to sign in, whom to ask, and the name of the signed-in member.

    The name is queried where it is shown.
    """

    def signed_in_as() -> str:
        try:
            member = member_of(request)
            return member.get_username() if member else ""
        except DatabaseFault:
            return ""

    name = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
    return {
        "signed_in_as": signed_in_as,
        "single_sign_on": name,
        "password_sign_in": settings.PASSWORD_SIGN_IN,
        "support_contact": support_contact(),
    }


class SignInForm(forms.AuthenticationForm):
    error_messages = dict.fromkeys(
        ("invalid_login", "inactive"), "This user name and password do not go together. Passwords are case-sensitive."
    )


class ResetForm(forms.PasswordResetForm):
    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """
        Send in a thread, so that the response time does not reveal whether the address is known.

        The link names the configured site. The host and port of the request are the sender's choice.
        """
        _subject, _body, context, *_ = args
        context["site_address"] = settings.SITE_ADDRESS
        if cache.add(f"password-reset:{context['user'].pk}", value=True, timeout=MAIL_PAUSE_SECONDS):
            Thread(target=super().send_mail, args=args, kwargs=kwargs, name="mail").start()


class ResetPassword(views.PasswordResetView):
    form_class = ResetForm
    template_name = "access/reset_password.html"
    subject_template_name = "access/reset_subject.txt"
    email_template_name = "access/reset_mail.txt"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.MAILS_PASSWORD_RESETS:
            return render(request, "access/message.html", NO_MAIL)
        return super().dispatch(request, *args, **kwargs)


class ChangeForm(forms.PasswordChangeForm):
    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """Count a wrong password as a failed sign-in. The limit on guesses then also applies inside a session."""
        password: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=password) is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password


class ChangePassword(views.PasswordChangeView):
    form_class = ChangeForm
    template_name = "access/change_password.html"
    success_url = reverse_lazy("password_changed")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}


@allow("POST")
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        end_sessions(request.user)
        logout(request)
    return redirect("sign_in")
