python manage.py doctor --user ada
python manage.py check --deploy --fail-level WARNING
python manage.py updateApiGatewayIntegrations --dry-run
python manage.py websocketBroadcast --user ada --plan '{"type": "smoke"}'
python manage.py websocketBroadcast --user ada '{"type": "smoke"}'
