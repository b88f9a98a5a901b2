ALLOWED_HOSTS = ["127.0.0.1", "localhost", "192.168.1.5"]
WEBSOCKETS["local_gateway_address"] = "0.0.0.0:8001"
