"""The Django project: settings, URLs, the Jinja environment and the WSGI entry."""
