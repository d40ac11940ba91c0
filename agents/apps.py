from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate


class AgentsConfig(AppConfig):
    name = "agents"

    def ready(self) -> None:
        from agents import receivers  # noqa: F401 - registers them
        from agents.services.roles import sync_roles

        # Behind the last one, whose permissions are there by then.
        last = apps.get_app_config(settings.SUPERVISED_APPS[-1])
        post_migrate.connect(sync_roles, sender=last)
