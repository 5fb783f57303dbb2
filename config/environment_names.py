"""Names in ENV_FILE that nothing reads. A misspelt one would silently have no effect."""

import re
from difflib import get_close_matches

from pydantic_settings import DotEnvSettingsSource

from config.environment import Environment, environment_file

# What compose and the web server read. The same file may hold them.
OTHERS = {
    *("BIND", "ENV_FILE", "SECRETS_DIR", "WEB_CONCURRENCY", "WEB_THREADS"),
    *("FRONT_SUBNET", "HTTP_PORT", "HTTPS_PORT", "MODEL", "MODELS_FOLDER", "MODEL_MEMORY"),
}
KNOWN = sorted({name.upper() for name in Environment.model_fields} | OTHERS)


def unknown_names() -> str | None:
    """Name what nothing reads, with the nearest name that something reads. Never a value."""
    file = environment_file()
    given = DotEnvSettingsSource(Environment, env_file=file).env_vars if file else {}
    names = sorted({name.upper() for name in given}.difference(KNOWN))
    unknown = [_shown(name) for name in names if not name.startswith(("COMPOSE_", "DOCKER_"))]
    return f"Nothing reads these names of ENV_FILE: {', '.join(unknown)}." if unknown else None


def _shown(name: str) -> str:
    if near := get_close_matches(name, KNOWN, n=1, cutoff=0.75):
        return f"{name} (did you mean {near[0]}?)"
    # A line of a secret that was pasted may look like a name, too.
    return name if re.fullmatch(r"[A-Z_]{2,40}", name) else "one that is not shown here"
