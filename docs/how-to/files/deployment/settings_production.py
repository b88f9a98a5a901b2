import os

DEBUG = False
ALLOWED_HOSTS = ["www.example.com"]
STATIC_ROOT = "/srv/chat/static"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
# Pages at www.example.com, sockets at ws.example.com.
SESSION_COOKIE_DOMAIN = ".example.com"

AWS_GATEWAY_REGION_NAME = "eu-west-1"
WEBSOCKETS = {
    # A list, since two secrets count while one replaces the other.
    "gateway_secret": os.environ["GATEWAY_SECRET"].split(","),
    "allowed_integration_hosts": ["www.example.com"],
}
