"""The channels that carry letters to people who aren't looking: one module each, behind `base.py`."""
