from functools import partial

from django.db import transaction

from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.models import WebSocketSession


def toast(user, text, level="info"):
    """Tell a user, on every device."""
    user.websocket_sessions.send_message({"type": "toast", "text": text, "level": level})


def tell_everyone(text):
    """Tell everybody who is connected, however many."""
    WebSocketSession.objects.broadcast({"type": "toast", "text": text, "level": "info"})


def import_rows(rows, store, task):
    """Store rows, and tell whoever looks at the task how far it is."""
    for number, row in enumerate(rows, start=1):
        store(row)
        if number % 100 == 0 or number == len(rows):
            publish(f"task-{task}", {"type": "progress", "done": number, "of": len(rows)})


@transaction.atomic
def rename_product(product, name):
    """Store a name, and have pages that show the product load it anew, after the commit."""
    product.name = name
    product.save()
    publish("products", {"type": "changed", "what": f"product-{product.pk}"})


@transaction.atomic
def close_month(month, store):
    """Store much, and leave many messages to a worker."""
    store(month)
    everybody = WebSocketSession.objects.all()
    # `send_message` does not wait for the commit by itself; `publish` and the rest do.
    transaction.on_commit(partial(everybody.filter(user__is_staff=True).send_message, "closed"))
    everybody.enqueue_broadcast({"type": "changed", "what": f"month-{month}"})
