import os

AWS_GATEWAY_REGION_NAME = "eu-west-1"
# A list, since two secrets count while one replaces the other.
WEBSOCKETS = {"gateway_secret": os.environ["GATEWAY_SECRET"].split(",")}
# Pages at https://www.example.com, sockets at wss://ws.example.com: both get the cookie.
SESSION_COOKIE_DOMAIN = ".example.com"
SESSION_COOKIE_SECURE = True
