from django.db import migrations, models

APP = "django_aws_api_gateway_websockets"

# Depending on the release a database comes from, it has some of these, all of them or none.
# Their columns are covered by the indexes added below.
FORMER_INDEXES = {
    "connectionratelimit": ["connection__ip_addr_636400_idx", "connection__user_id_fa2960_idx"],
    "websockettoken": ["websocket_t_token_b1045e_idx", "websocket_t_created_c55db3_idx"],
}


def drop_former_indexes(apps, schema_editor):
    connection = schema_editor.connection
    for model_name, names in FORMER_INDEXES.items():
        model = apps.get_model(APP, model_name)
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)
        for name in names:
            if name in constraints:
                columns = constraints[name]["columns"]
                fields = [field.name for field in model._meta.fields if field.column in columns]
                schema_editor.remove_index(model, models.Index(fields=fields, name=name))


class Migration(migrations.Migration):
    """What release 3.0.4 changed: the two tables get Django's own names and explicit indexes."""

    replaces = [
        (APP, "0008_remove_websockettoken_websocket_t_created_c55db3_idx_and_more"),
        (APP, "0009_alter_connectionratelimit_table_and_more"),
    ]

    dependencies = [(APP, "0002_tokens_and_connection_limits")]

    operations = [
        migrations.AlterModelTable(name="connectionratelimit", table=None),
        migrations.AlterModelTable(name="websockettoken", table=None),
        # The new indexes come first: MySQL keeps no foreign key without an index on its column.
        migrations.AddIndex(
            model_name="connectionratelimit",
            index=models.Index(fields=["ip_address", "attempt_time"], name="idx_ip_attempt_time"),
        ),
        migrations.AddIndex(
            model_name="connectionratelimit",
            index=models.Index(fields=["user", "attempt_time"], name="idx_user_attempt_time"),
        ),
        migrations.AddIndex(
            model_name="websockettoken",
            index=models.Index(fields=["token", "used"], name="idx_websocket_tokens_used"),
        ),
        # MySQL cannot roll DDL back and refuses it inside a transaction.
        migrations.RunPython(drop_former_indexes, migrations.RunPython.noop, atomic=False),
    ]
