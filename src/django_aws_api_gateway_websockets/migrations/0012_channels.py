import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import django_aws_api_gateway_websockets.models.channel_state
import django_aws_api_gateway_websockets.models.exact_text


class Migration(migrations.Migration):
    """Subscriptions, presence, the relay, route responses, and why a connect was refused."""

    dependencies = [
        ("django_aws_api_gateway_websockets", "0011_names_with_blanks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChannelState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    django_aws_api_gateway_websockets.models.exact_text.ExactCharField(
                        max_length=128, unique=True
                    ),
                ),
                (
                    "epoch",
                    models.CharField(
                        default=django_aws_api_gateway_websockets.models.channel_state.new_epoch,
                        help_text="Another text once the row was made anew, so that its numbers begin again.",
                        max_length=16,
                    ),
                ),
                (
                    "version",
                    models.PositiveBigIntegerField(
                        default=0,
                        help_text="Number of the last change of presence that was announced.",
                    ),
                ),
                (
                    "member_count",
                    models.PositiveIntegerField(default=0, help_text="Members, as last announced."),
                ),
                (
                    "is_occupied",
                    models.BooleanField(default=False, help_text="Whether a connection is in it."),
                ),
                (
                    "announced_on",
                    models.DateTimeField(
                        blank=True,
                        default=None,
                        help_text="When a change was last announced.",
                        null=True,
                    ),
                ),
                (
                    "due_on",
                    models.DateTimeField(
                        blank=True,
                        db_index=True,
                        default=None,
                        help_text="When its members are to be looked at again; empty when nothing is expected.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name": "channel",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="RelayTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=32, unique=True)),
                ("owner", models.UUIDField(blank=True, default=None, null=True)),
                ("leased_until", models.DateTimeField(blank=True, default=None, null=True)),
                ("done_on", models.DateTimeField(blank=True, default=None, null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="apigateway",
            name="has_route_responses",
            field=models.BooleanField(
                default=False,
                db_default=False,
                help_text="Whether clients get the response to a message as a reply: the routes of the API have route responses.",
            ),
        ),
        migrations.AddField(
            model_name="websocketsession",
            name="client_id",
            field=models.CharField(
                blank=True,
                default="",
                db_default="",
                help_text="The id that a client of the wire protocol gives itself; empty for others.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="websockettoken",
            name="refusal",
            field=models.CharField(
                blank=True,
                default="",
                db_default="",
                help_text="The reason for which the connect with this token was refused.",
                max_length=255,
            ),
        ),
        migrations.CreateModel(
            name="ChannelMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel_name",
                    django_aws_api_gateway_websockets.models.exact_text.ExactCharField(
                        max_length=128
                    ),
                ),
                (
                    "key",
                    django_aws_api_gateway_websockets.models.exact_text.ExactCharField(
                        help_text="The user, the browser, or the connection it stands for.",
                        max_length=80,
                    ),
                ),
                ("since", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        default=None,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("channel_name", "key"), name="websockets_one_membership"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel_name",
                    django_aws_api_gateway_websockets.models.exact_text.ExactCharField(
                        max_length=128
                    ),
                ),
                ("created_on", models.DateTimeField(auto_now_add=True)),
                (
                    "checked_on",
                    models.DateTimeField(
                        auto_now_add=True,
                        help_text="When the rules of the channel last let the user in.",
                    ),
                ),
                (
                    "is_ruled",
                    models.BooleanField(
                        default=True,
                        help_text="Off where the channel's rules were not asked, and are not asked later.",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subscriptions",
                        to="django_aws_api_gateway_websockets.websocketsession",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["channel_name", "session"], name="websockets_subscribers"),
                    models.Index(fields=["checked_on"], name="websockets_oldest_check"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("session", "channel_name"), name="websockets_one_subscription"
                    )
                ],
            },
        ),
    ]
