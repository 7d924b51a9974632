"""`replyx doctor`: looks at an installation from outside in, as a visitor's browser would, and names what is wrong."""
from . import report
from .checks import CHECKS, examine

__all__ = ["CHECKS", "examine", "report"]
