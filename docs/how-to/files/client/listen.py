"""Listen to a channel: python listen.py https://www.example.com wss://ws.example.com CHANNEL"""

import getpass
import json
import sys
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from websockets.sync.client import connect

LOGIN = "/admin/login/"


class Site:
    def __init__(self, url):
        self.url, self.cookies = url, CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))

    def post(self, path, **fields):
        csrf = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        body = urlencode(fields | {"csrfmiddlewaretoken": csrf}).encode()
        return self.opener.open(Request(self.url + path, body, {"Referer": self.url + path}))

    def log_in(self, username, password):
        self.opener.open(self.url + LOGIN)
        self.post(LOGIN, username=username, password=password, next="/rooms/")

    def connect(self, address, channel):
        token = json.load(self.post("/token/"))["token"]
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
        query = urlencode({"channel": channel, "ws_token": token})
        headers = {"Cookie": cookies}
        return connect(f"{address}?{query}", origin=self.url, additional_headers=headers)


if __name__ == "__main__":
    site = Site(sys.argv[1])
    site.log_in(input("User: "), getpass.getpass())
    with site.connect(*sys.argv[2:]) as socket:
        for message in socket:
            print(message)
