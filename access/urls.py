from typing import Any

from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.urls import path
from django.views.generic import TemplateView

from access.refusals import View
from access.second_factor import second_factor, then_second_factor
from access.sign_in import ChangePassword, ResetPassword, SignInForm, sign_out_everywhere
from access.single_sign_on import CALLBACK, come_back, go_to_issuer


def message(context: dict[str, Any]) -> View:
    return TemplateView.as_view(template_name="access/message.html", extra_context=context)


SENT = {
    "heading": "Check your mail",
    "message": "If we know that address, a link to set a new password is on its way to it. It is good for an hour.",
    "to_sign_in": True,
}
CHANGED = {
    "heading": "Your password was changed",
    "message": "You stay signed in here; everywhere else you have to sign in with the new one.",
}
SET = {"heading": "Your new password is set", "message": "Sign in with it.", "to_sign_in": True}

sign_in = LoginView.as_view(form_class=SignInForm, template_name="access/sign_in.html", next_page="/")
new_password = PasswordResetConfirmView.as_view(template_name="access/new_password.html")

urlpatterns = [
    path("sign-in", then_second_factor(sign_in), name="sign_in"),
    path("sign-in/oidc", go_to_issuer, name="single_sign_on"),
    path(CALLBACK, come_back),
    path("sign-out", LogoutView.as_view(next_page="sign_in"), name="sign_out"),
    path("sign-out/everywhere", sign_out_everywhere, name="sign_out_everywhere"),
    path("second-factor", second_factor, name="second_factor"),
    path("password", ChangePassword.as_view(), name="change_password"),
    path("password/changed", message(CHANGED), name="password_changed"),
    path("password/reset", ResetPassword.as_view(), name="password_reset"),
    path("password/reset/sent", message(SENT), name="password_reset_done"),
    path("password/reset/done", message(SET), name="password_reset_complete"),
    path("password/reset/<uidb64>/<token>", new_password, name="password_reset_confirm"),
]
