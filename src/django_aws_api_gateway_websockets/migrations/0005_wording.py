import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Help texts and messages only; no SQL."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("django_aws_api_gateway_websockets", "0004_login_hashes_permissions_provisioning"),
    ]

    operations = [
        migrations.AlterField(
            model_name="apigateway",
            name="api_endpoint",
            field=models.CharField(
                blank=True, default="", help_text="Given by AWS.", max_length=255
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_gateway_domain_name",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Given by AWS: the target of the custom domain's CNAME record.",
                max_length=255,
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_id",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Given by AWS; enter it by hand only to register an API that exists already.",
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_mapping_id",
            field=models.CharField(
                blank=True, default="", help_text="Given by AWS.", max_length=128
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_name",
            field=models.CharField(
                help_text="Name shown in AWS: letters, digits, spaces, hyphens and underscores.",
                max_length=255,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="certificate_arn",
            field=models.CharField(
                blank=True,
                default="",
                help_text="ARN of the ACM certificate for the custom domain.",
                max_length=255,
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="default_channel_name",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Channel of a connection that names none.",
                max_length=128,
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="domain_name",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Custom domain clients connect to, such as ws.example.com.",
                max_length=255,
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="hosted_zone_id",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Id of the Route 53 hosted zone; handed on to AWS, no DNS record is made.",
                max_length=32,
            ),
        ),
        migrations.AlterField(
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
                help_text="How far the creation in AWS has got; correct it only after a failed run.",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="tags",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="An object that maps the name of each tag to its value.",
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="target_base_endpoint",
            field=models.URLField(
                blank=True,
                default=None,
                help_text="Address of the WebSocketView up to, but without, the route: https://www.example.com/ws/ where the view is routed at ws/ and the route.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="apigatewayadditionalroute",
            name="integration_url",
            field=models.URLField(
                help_text="The URL API Gateway calls, exactly as it is; nothing is appended."
            ),
        ),
        migrations.AlterField(
            model_name="apigatewayadditionalroute",
            name="name",
            field=models.CharField(help_text="What the route is for.", max_length=63),
        ),
        migrations.AlterField(
            model_name="apigatewayadditionalroute",
            name="route_key",
            field=models.CharField(
                db_index=True,
                help_text="The value clients send to select this route.",
                max_length=64,
            ),
        ),
        migrations.AlterField(
            model_name="channelpermission",
            name="access",
            field=models.CharField(
                choices=[
                    ("allow_all", "Allow all"),
                    ("superuser_only", "Super admin only"),
                    ("staff_only", "Staff only"),
                    ("permissions", "Requires Django permissions"),
                ],
                default="allow_all",
                help_text="Whom the channel admits.",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="channelpermission",
            name="channel_name",
            field=models.CharField(
                help_text="The channel this rule is for, exactly as connections name it.",
                max_length=128,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-zA-Z0-9_-]+$",
                        "A channel name has letters, digits, underscores and hyphens only.",
                    )
                ],
            ),
        ),
        migrations.AlterField(
            model_name="channelpermissionrule",
            name="permissions",
            field=models.ManyToManyField(
                blank=True,
                help_text="The user needs all of these. A rule without any is never satisfied.",
                related_name="channel_permission_rules",
                to="auth.permission",
            ),
        ),
        migrations.AlterField(
            model_name="websocketsession",
            name="channel_name",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The group this connection receives messages with.",
                max_length=128,
            ),
        ),
        migrations.AlterField(
            model_name="websocketsession",
            name="connected",
            field=models.BooleanField(default=True, help_text="Whether the connection is open."),
        ),
    ]
