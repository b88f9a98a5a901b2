python manage.py test
