"""Calls of the integrations of routes: an HTTP backend, with or without templates, or a mock."""
