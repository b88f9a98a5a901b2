from django.db import migrations, models


class Migration(migrations.Migration):
    """The event that a queued broadcast comes from."""

    dependencies = [("django_aws_api_gateway_websockets", "0012_channels")]

    operations = [
        migrations.AddField(
            model_name="queuedbroadcast",
            name="request_id",
            # Servers of the release before go on between `migrate` and their restart.
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="API Gateway's id of the event whose handler has queued it.",
                max_length=64,
            ),
        ),
    ]
