python manage.py shell -c 'from django_aws_api_gateway_websockets.channels import publish; publish("room-7", {"from": "the server", "text": "Tea is ready."})'
