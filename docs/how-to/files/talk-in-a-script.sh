python manage.py websocket connect --send '{"action": "hello?", "id": "1"}' --json
python manage.py websocket connect --channel room-7 --count 1 --wait 30 --json
