from django.apps import AppConfig


class EvalsConfig(AppConfig):
    name = "evals"
    verbose_name = "Evals"

    def ready(self) -> None:
        from evals import checks  # noqa: F401, PLC0415 - importing registers the checks
        from evals.lookup import note_cases  # noqa: PLC0415 - models are there from here on
        from traces.story import NOTES  # noqa: PLC0415

        NOTES.append(note_cases)
