"""Write the local demo's `.env` with fresh secrets, once: `python -m tools.dotenv`."""

import secrets
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / ".env"


def demo_environment() -> str:
    """Return a demo's variables. It differs from production in TLS and sign-in only, since it listens on loopback."""
    return f"""\
SECRET_KEY={secrets.token_urlsafe(50)}
FINGERPRINT_KEYS=demo:{secrets.token_urlsafe(32)}
DATABASE_URL=sqlite:///db.sqlite3
ALLOWED_HOSTS=127.0.0.1,localhost
HTTPS=false
ACCESS=open
"""


if __name__ == "__main__" and not TARGET.exists():
    TARGET.touch(mode=0o600)
    TARGET.write_text(demo_environment())
