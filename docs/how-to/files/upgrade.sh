python manage.py check --deploy
python manage.py migrate
python manage.py collectstatic --no-input
python manage.py updateApiGatewayIntegrations --dry-run
python manage.py updateApiGatewayIntegrations
