python -m venv .venv
. .venv/bin/activate
pip install "/path/to/django-aws-api-gateway-websockets[gateway]"
