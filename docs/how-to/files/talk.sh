python manage.py websocket connect
