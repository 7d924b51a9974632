"""The managers' web app: pages and static files. Everything it does goes through the actions."""
from .views import init_app

__all__ = ["init_app"]
