from django.apps import AppConfig
from django.core.checks import Tags, register


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config.health_checks import HEALTH_CHECKS  # noqa: PLC0415 - models are available from here on

        for check in HEALTH_CHECKS:
            if check.system_check:
                tags = [Tags.database] if check.needs_database else []
                register(check.system_check, *tags, deploy=check.is_for_deploy)
