import django.db.models.deletion
from django.db import migrations, models

import django_aws_api_gateway_websockets.models.exact_text


class Migration(migrations.Migration):
    """Names that people read; no SQL."""

    dependencies = [
        ("django_aws_api_gateway_websockets", "0009_hashed_tokens"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apigateway",
            options={"verbose_name": "API gateway"},
        ),
        migrations.AlterModelOptions(
            name="apigatewayadditionalroute",
            options={"verbose_name": "route"},
        ),
        migrations.AlterModelOptions(
            name="connectionratelimit",
            options={"verbose_name": "connection attempt"},
        ),
        migrations.AlterModelOptions(
            name="websocketsession",
            options={"verbose_name": "session"},
        ),
        migrations.AlterModelOptions(
            name="websockettoken",
            options={"verbose_name": "token"},
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_created",
            field=models.BooleanField(default=False, editable=False, verbose_name="API created"),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_description",
            field=models.CharField(
                blank=True, default="", max_length=255, verbose_name="API description"
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_endpoint",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Given by AWS.",
                max_length=255,
                verbose_name="API endpoint",
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
                verbose_name="API gateway domain name",
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_id",
            field=django_aws_api_gateway_websockets.models.exact_text.ExactCharField(
                blank=True,
                default="",
                help_text="Given by AWS; enter it by hand only to register an API that exists already.",
                max_length=32,
                verbose_name="API id",
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_key_selection_expression",
            field=models.CharField(
                default="$request.header.x-api-key",
                max_length=255,
                verbose_name="API key selection expression",
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_mapping_id",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Given by AWS.",
                max_length=128,
                verbose_name="API mapping id",
            ),
        ),
        migrations.AlterField(
            model_name="apigateway",
            name="api_name",
            field=models.CharField(
                help_text="Name shown in AWS: letters, digits, spaces, hyphens and underscores.",
                max_length=255,
                unique=True,
                verbose_name="API name",
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
                verbose_name="certificate ARN",
            ),
        ),
        migrations.AlterField(
            model_name="apigatewayadditionalroute",
            name="api_gateway",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="additional_routes",
                to="django_aws_api_gateway_websockets.apigateway",
                verbose_name="API gateway",
            ),
        ),
        migrations.AlterField(
            model_name="apigatewayadditionalroute",
            name="integration_url",
            field=models.URLField(
                help_text="The URL API Gateway calls, exactly as it is; nothing is appended.",
                verbose_name="integration URL",
            ),
        ),
        migrations.AlterField(
            model_name="connectionratelimit",
            name="ip_address",
            field=models.GenericIPAddressField(db_index=True, verbose_name="IP address"),
        ),
        migrations.AlterField(
            model_name="websocketsession",
            name="api_gateway",
            field=models.ForeignKey(
                blank=True,
                default=None,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="sessions",
                to="django_aws_api_gateway_websockets.apigateway",
                verbose_name="API gateway",
            ),
        ),
        migrations.AlterField(
            model_name="websockettoken",
            name="api_id",
            field=django_aws_api_gateway_websockets.models.exact_text.ExactCharField(
                blank=True,
                default="",
                db_default="",
                help_text="The API it opens a connection of; blank for any API of the project.",
                max_length=32,
                verbose_name="API id",
            ),
        ),
    ]
