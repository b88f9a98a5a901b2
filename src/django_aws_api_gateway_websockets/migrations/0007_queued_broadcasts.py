import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("django_aws_api_gateway_websockets", "0006_attempt_window"),
    ]

    operations = [
        migrations.CreateModel(
            name="QueuedBroadcast",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("text", models.TextField(help_text="The message as it travels.")),
                (
                    "per_second",
                    models.PositiveIntegerField(
                        blank=True, help_text="Posts each worker may begin in a second.", null=True
                    ),
                ),
                (
                    "without_gateway",
                    models.PositiveIntegerField(
                        default=0, help_text="Sessions that have no address."
                    ),
                ),
                ("created_on", models.DateTimeField(auto_now_add=True)),
                ("finished_on", models.DateTimeField(blank=True, db_index=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BroadcastRange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("api_id", models.CharField(max_length=255)),
                ("stage", models.CharField(max_length=255)),
                ("session_keys", models.JSONField(help_text="Primary keys of the sessions.")),
                (
                    "position",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Where in the list the window begins that is being sent.",
                    ),
                ),
                ("is_finished", models.BooleanField(default=False)),
                ("claim", models.UUIDField(help_text="Whose turn it is.", null=True)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "takeovers",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="How often it was taken up from a worker that had stopped.",
                    ),
                ),
                (
                    "outcomes",
                    models.JSONField(default=dict, help_text="Sessions by what became of them."),
                ),
                ("missed", models.JSONField(default=list)),
                (
                    "broadcast",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ranges",
                        to="django_aws_api_gateway_websockets.queuedbroadcast",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["broadcast", "is_finished", "claimed_until"],
                        name="django_aws__range_claim_idx",
                    )
                ],
            },
        ),
    ]
