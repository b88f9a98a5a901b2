import os

# One secret, or two with a comma between them while one replaces the other. A missing variable is
# an error at the start, and not a site without protection.
WEBSOCKETS["gateway_secret"] = os.environ["GATEWAY_SECRET"].split(",")
WEBSOCKETS["allowed_integration_hosts"] = ["www.example.com"]
