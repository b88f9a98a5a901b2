python manage.py runwebsocketgateway --backend http://127.0.0.1:9000
python manage.py runwebsocketgateway --clock-speed 120
python manage.py runwebsocketgateway --weather post-429=20%,cut=5%
