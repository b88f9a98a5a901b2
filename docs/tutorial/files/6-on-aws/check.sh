python manage.py check --deploy --database default
python manage.py doctor --user ada
