"""The chat service: dialogs and messages, and the rules they keep."""
from . import delivery, dialogs, messages
from .rules import join

ACTIONS = messages.ACTIONS + dialogs.ACTIONS + delivery.ACTIONS

__all__ = ["ACTIONS", "join"]
