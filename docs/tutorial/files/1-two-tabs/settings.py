INSTALLED_APPS = ["django_aws_api_gateway_websockets", "chat", *INSTALLED_APPS]
WEBSOCKETS = {"local_gateway": True}
