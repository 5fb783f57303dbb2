from django.apps import AppConfig
from django.db.models.signals import post_migrate

from operators.roles import synchronise_roles


class OperatorsConfig(AppConfig):
    name = "operators"

    def ready(self) -> None:
        post_migrate.connect(synchronise_roles)
