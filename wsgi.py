"""The served process: patches eventlet before anything else is imported, then makes `app`; run, it serves."""
import warnings

warnings.filterwarnings("ignore", r"(?s)\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

from replyx import server  # noqa: E402

app = server.make_app()

if __name__ == "__main__":
    server.main(app)
