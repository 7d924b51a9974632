"""The extension objects, made without an app."""
from flask_socketio import SocketIO
from flask_sqlalchemy import SQLAlchemy

from .writer import Writer

db = SQLAlchemy()
socketio = SocketIO()
writer = Writer()
