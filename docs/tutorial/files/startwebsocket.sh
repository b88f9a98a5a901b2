python manage.py startwebsocket room
