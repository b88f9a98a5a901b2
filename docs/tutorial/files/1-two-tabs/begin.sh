python -m django startproject mysite
cd mysite
python manage.py startapp chat
