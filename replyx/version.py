"""The version of ReplyX, alone in a module so that packaging can read it without importing anything else."""
VERSION = "0.1.0"
