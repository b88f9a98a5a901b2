import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

APP = "django_aws_api_gateway_websockets"


def delete_tokens(apps, schema_editor):
    # They hold session keys in clear, and they live for a minute at most.
    tokens = apps.get_model(APP, "WebSocketToken").objects
    tokens.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    """What release 4.1 added."""

    replaces = [
        (APP, "0010_hash_websockettoken_session_key"),
        (APP, "0011_channelpermission_channelpermissionrule"),
        (APP, "0012_apigateway_provisioning_status"),
        (APP, "0013_apigatewayadditionalroute_aws_ids"),
        (APP, "0014_websocketsession_auth_hash_and_more"),
        (APP, "0015_alter_apigateway_provisioning_status"),
    ]

    dependencies = [
        (APP, "0003_token_and_limit_tables_renamed"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunPython(delete_tokens, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="websockettoken",
            name="session_key",
            field=models.CharField(db_index=True, max_length=64),
        ),
        migrations.CreateModel(
            name="ChannelPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel_name",
                    models.CharField(
                        max_length=128,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("^[a-zA-Z0-9_-]+$")],
                    ),
                ),
                (
                    "access",
                    models.CharField(
                        choices=[
                            ("allow_all", "Allow all"),
                            ("superuser_only", "Super admin only"),
                            ("staff_only", "Staff only"),
                            ("permissions", "Requires Django permissions"),
                        ],
                        default="allow_all",
                        max_length=16,
                    ),
                ),
                ("description", models.CharField(blank=True, default="", max_length=255)),
                ("created_on", models.DateTimeField(auto_now_add=True)),
                ("updated_on", models.DateTimeField(auto_now=True)),
            ],
            options={"ordering": ["channel_name"]},
        ),
        migrations.CreateModel(
            name="ChannelPermissionRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel_permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rules",
                        to=f"{APP}.channelpermission",
                    ),
                ),
                (
                    "permissions",
                    models.ManyToManyField(
                        blank=True, related_name="channel_permission_rules", to="auth.permission"
                    ),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.AddField(
            model_name="apigateway",
            name="last_error",
            field=models.CharField(blank=True, default="", editable=False, max_length=255),
        ),
        migrations.AddField(
            model_name="apigateway",
            name="provisioning_status",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("creating", "Creating"),
                    ("api_created", "API created"),
                    ("routes_created", "Routes created"),
                    ("deployed", "Deployed"),
                    ("domain_created", "Custom domain created"),
                    ("mapped", "Custom domain mapped"),
                ],
                default="pending",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="apigatewayadditionalroute",
            name="integration_id",
            field=models.CharField(blank=True, default="", editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name="apigatewayadditionalroute",
            name="route_id",
            field=models.CharField(blank=True, default="", editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name="websocketsession",
            name="auth_hash",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="websocketsession",
            name="session_key_hash",
            field=models.CharField(blank=True, db_index=True, default="", max_length=64),
        ),
    ]
