python manage.py createsuperuser --username ada --email ada@example.com
python manage.py createsuperuser --username grace --email grace@example.com
