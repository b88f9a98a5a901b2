"""The chat behind Pushpin: WebSocket-over-HTTP, and messages to all by its publishing endpoint.

Source: https://pushpin.org/docs/protocols/websocket-over-http/
"""

import gc
import http.client
import json
import os
import threading

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="only-for-benchmarks", MIDDLEWARE=[]
)
django.setup()

_OPEN = b"OPEN\r\n"
_publisher = threading.local()


def chat(request):
    answer = b""
    for kind, content in _events(request.body):
        if kind == b"OPEN":
            answer += _OPEN
        elif kind == b"TEXT":
            answer += b"".join(_text(part) for part in _replies(json.loads(content)))
        else:
            answer += _event(kind, content)
    response = HttpResponse(answer, content_type="application/websocket-events")
    response["Sec-WebSocket-Extensions"] = "grip"
    return response


def _replies(message):
    if message["action"] == "join_room":
        return [
            "c:" + json.dumps({"type": "subscribe", "channel": message["room"]}),
            "m:" + json.dumps({"type": "joined"}),
        ]
    if message["action"] == "echo":
        return ["m:" + json.dumps({"type": "echo", "text": message["text"]})]
    _publish(message["room"], json.dumps({"type": "said", "text": message["text"]}))
    return []


def _publish(channel, text):
    if not hasattr(_publisher, "connection"):
        port = int(os.environ["PUSHPIN_PUBLISH_PORT"])
        _publisher.connection = http.client.HTTPConnection("127.0.0.1", port)
    item = {"channel": channel, "formats": {"ws-message": {"content": text}}}
    _publisher.connection.request("POST", "/publish/", json.dumps({"items": [item]}))
    _publisher.connection.getresponse().read()


def _events(body):
    while body:
        head, _, body = body.partition(b"\r\n")
        kind, _, size = head.partition(b" ")
        content = b""
        if size:
            content, body = body[: int(size, 16)], body[int(size, 16) + 2 :]
        yield kind, content


def _text(text):
    return _event(b"TEXT", text.encode())


def _event(kind, content):
    return b"%s %x\r\n%s\r\n" % (kind, len(content), content) if content else kind + b"\r\n"


urlpatterns = [path("", chat)]
application = get_wsgi_application()
gc.freeze()
