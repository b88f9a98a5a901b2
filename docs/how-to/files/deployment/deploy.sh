python manage.py check --deploy --database default
python manage.py migrate
python manage.py collectstatic --no-input
python manage.py updateApiGatewayIntegrations --dry-run
