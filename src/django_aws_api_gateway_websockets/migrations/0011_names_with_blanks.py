from typing import Any

import django.core.validators
from django.db import migrations, models, router

import django_aws_api_gateway_websockets.models.token_field
from django_aws_api_gateway_websockets.models.exact_text import ExactCharField, find_collation


def give_names_their_collation(apps: Any, schema_editor: Any) -> None:
    """Change the columns of names that ignore trailing blanks, on MySQL and MariaDB.

    In a new database they have their collation already.
    """
    connection = schema_editor.connection
    if connection.vendor != "mysql":
        return
    wanted = find_collation(connection)
    for model in apps.get_app_config("django_aws_api_gateway_websockets").get_models():
        names = [one for one in model._meta.local_fields if isinstance(one, ExactCharField)]
        if not names or not router.allow_migrate_model(connection.alias, model):
            continue
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, model._meta.db_table)
        present = {column.name: column.collation for column in columns}
        quote = schema_editor.quote_name
        changes = [
            f"MODIFY {quote(one.column)} {one.db_type(connection)} COLLATE {quote(wanted)} NOT NULL"
            for one in names
            if present.get(one.column) != wanted
        ]
        if changes:
            # One statement, since each copies the table.
            schema_editor.execute(f"ALTER TABLE {quote(model._meta.db_table)} {', '.join(changes)}")


class Migration(migrations.Migration):
    dependencies = [
        ("django_aws_api_gateway_websockets", "0010_names_for_people"),
    ]

    operations = [
        # MySQL changes a table in no transaction.
        migrations.RunPython(give_names_their_collation, migrations.RunPython.noop, atomic=False),
        migrations.AlterField(
            model_name="websockettoken",
            name="token",
            field=django_aws_api_gateway_websockets.models.token_field.TokenField(
                max_length=64,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^(h[a-f0-9]{63}|[a-f0-9]{64})\\Z", "Invalid token format"
                    )
                ],
            ),
        ),
        migrations.AlterField(
            model_name="broadcastrange",
            name="claim",
            field=models.UUIDField(blank=True, help_text="Whose turn it is.", null=True),
        ),
        migrations.AlterField(
            model_name="broadcastrange",
            name="claimed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="broadcastrange",
            name="outcomes",
            field=models.JSONField(
                blank=True, default=dict, help_text="Sessions by what became of them."
            ),
        ),
        migrations.AlterField(
            model_name="broadcastrange",
            name="missed",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
