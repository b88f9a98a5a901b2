"""Pretend to be API Gateway, without the secret."""

import urllib.error
import urllib.request

ADDRESS = "https://www.example.com/ws/default"

try:
    urllib.request.urlopen(ADDRESS, data=b"", timeout=10)
except urllib.error.HTTPError as refused:
    print(refused.code, refused.read().decode())
