from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("django_aws_api_gateway_websockets", "0005_wording"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttemptWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80, unique=True)),
                ("attempts", models.PositiveIntegerField(default=1)),
                ("opened_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
