"""The three models in Django's admin."""

from django.contrib import admin

from chat.models import Event, Group, Message

admin.site.register([Group, Message, Event])
