from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        from access.fields import looks_like_secret  # noqa: PLC0415 - models are there from here on
        from traces.review_forms import SECRET_CHECKS  # noqa: PLC0415

        SECRET_CHECKS.append(looks_like_secret)
