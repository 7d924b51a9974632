"""The chat service: dialogs and messages, and the rules they keep."""
from . import contact, delivery, dialogs, guests, messages, profile
from .rules import join

ACTIONS = messages.ACTIONS + contact.ACTIONS + profile.ACTIONS + guests.ACTIONS + dialogs.ACTIONS + delivery.ACTIONS

__all__ = ["ACTIONS", "join"]
