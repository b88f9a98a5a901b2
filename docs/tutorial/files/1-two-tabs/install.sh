pip install "/path/to/django-aws-api-gateway-websockets[gateway]"
