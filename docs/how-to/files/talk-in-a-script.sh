python manage.py websocket connect --send '{"action": "shout", "id": "1", "text": "hello"}' --json
python manage.py websocket connect --channel room-7 --count 1 --wait 30 --json
