"""Django's classes, which are generic for the type checker only."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

__all__ = ["ModelAdmin", "ModelForm", "TabularInline"]

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ModelForm = forms.ModelForm[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    ModelForm = forms.ModelForm
    TabularInline = admin.TabularInline
