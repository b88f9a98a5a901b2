python manage.py updateApiGatewayIntegrations --dry-run
python manage.py updateApiGatewayIntegrations
