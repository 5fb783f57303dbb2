from django.apps import AppConfig


class EvalsConfig(AppConfig):
    name = "evals"
    verbose_name = "Evals"

    def ready(self) -> None:
        from evals import checks  # noqa: F401, PLC0415 - importing registers the checks
