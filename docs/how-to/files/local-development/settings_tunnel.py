ALLOWED_HOSTS = ["127.0.0.1", "localhost", "ada.dev.example.com"]
CSRF_TRUSTED_ORIGINS = ["https://ada.dev.example.com"]
# Pages at ada.dev.example.com, sockets at ws.ada.dev.example.com.
SESSION_COOKIE_DOMAIN = "ada.dev.example.com"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# API Gateway itself calls this machine, so without the local gateway.
WEBSOCKETS = {}
AWS_GATEWAY_REGION_NAME = "eu-west-1"
