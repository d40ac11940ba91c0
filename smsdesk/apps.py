from django.apps import AppConfig


class SmsdeskConfig(AppConfig):
    name = "smsdesk"

    def ready(self) -> None:
        from smsdesk.door import gate  # noqa: F401 - hears who signs in
