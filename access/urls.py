from django.contrib.auth.views import LogoutView
from django.urls import path

from access import sign_in

SENT = {
    "heading": "Check your mail",
    "told": "If we know that address, a link to set a new password is on its way to it. It is good for an hour.",
    "to_sign_in": True,
}
CHANGED = {
    "heading": "Your password was changed",
    "told": "You stay signed in here; everywhere else you have to sign in with the new one.",
}
SET = {"heading": "Your new password is set", "told": "Sign in with it.", "to_sign_in": True}

urlpatterns = [
    path("sign-in", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out", LogoutView.as_view(next_page="sign_in"), name="sign_out"),
    path("password", sign_in.ChangePassword.as_view(), name="change_password"),
    path("password/changed", sign_in.Told.as_view(extra_context=CHANGED), name="password_changed"),
    path("password/reset", sign_in.ResetPassword.as_view(), name="password_reset"),
    path("password/reset/sent", sign_in.Told.as_view(extra_context=SENT), name="password_reset_done"),
    path("password/reset/done", sign_in.Told.as_view(extra_context=SET), name="password_reset_complete"),
    path("password/reset/<uidb64>/<token>", sign_in.NewPassword.as_view(), name="password_reset_confirm"),
]
