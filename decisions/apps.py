from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

from decisions.guards import install


class DecisionsConfig(AppConfig):
    name = "decisions"

    def ready(self) -> None:
        """Install the triggers after migrate. The signal of one app is enough, because all tables exist by then."""
        post_migrate.connect(install, sender=apps.get_app_config("traces"))
