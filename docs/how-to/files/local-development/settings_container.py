import os

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
if os.environ.get("IN_CONTAINER"):
    WEBSOCKETS["local_gateway_address"] = "0.0.0.0:8001"
