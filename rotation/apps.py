from django.apps import AppConfig


class RotationConfig(AppConfig):
    name = "rotation"

    def ready(self) -> None:
        from rotation.check import SENTENCES  # noqa: PLC0415 - models are there from here on
        from rotation.service import WORKFLOW  # noqa: PLC0415
        from traces.story import REASONS  # noqa: PLC0415

        REASONS.update({(WORKFLOW, reason.value): sentence for reason, sentence in SENTENCES.items()})
