"""The chat service: dialogs and messages, and the rules they keep."""
from . import contact, delivery, dialogs, messages
from .rules import join

ACTIONS = messages.ACTIONS + contact.ACTIONS + dialogs.ACTIONS + delivery.ACTIONS

__all__ = ["ACTIONS", "join"]
