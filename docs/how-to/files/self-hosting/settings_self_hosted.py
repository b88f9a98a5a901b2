WEBSOCKETS = {"endpoint_url": "http://127.0.0.1:8001"}
AWS_REGION_NAME = "us-east-1"
