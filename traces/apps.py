from django.apps import AppConfig
from django.db.models.signals import post_migrate

from traces.guard import install_guard


class TracesConfig(AppConfig):
    name = "traces"
    verbose_name = "Ledger"

    def ready(self) -> None:
        post_migrate.connect(install_guard, sender=self)
