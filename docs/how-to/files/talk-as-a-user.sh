python manage.py websocket connect --user ada --channel room-7
