python manage.py websocket connect --channel room-7 --reconnect
