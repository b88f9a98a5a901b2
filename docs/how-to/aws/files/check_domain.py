"""Ask for the socket's address without opening a socket."""

import urllib.error
import urllib.request

ADDRESS = "https://ws.example.com"

try:
    urllib.request.urlopen(ADDRESS, timeout=10)
except urllib.error.HTTPError as refused:
    print(f"API Gateway is there: {refused.code}")
except urllib.error.URLError as failure:
    print(f"It is not: {failure.reason}")
