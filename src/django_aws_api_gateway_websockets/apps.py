"""The Django app."""

from django.apps import AppConfig


class DjangoAwsApiGatewayWebsocketsConfig(AppConfig):
    """Configuration of the app, which registers checks and receivers once Django is ready."""

    name = "django_aws_api_gateway_websockets"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Django AWS ApiGateway Websockets"

    def ready(self) -> None:
        from . import checks, signals
        from .channels import discovery
        from .receiving.routed_views import have_own_channel_rule, refuse_unlisted_channels

        checks.register_checks()
        signals.connect_receivers()
        discovery.find_channels(
            refuse_unlisted=refuse_unlisted_channels, have_own_channel_rule=have_own_channel_rule
        )
