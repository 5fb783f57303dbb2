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
KNOWN = {name.upper() for name in Environment.model_fields} | OTHERS


def unknown_names() -> str | None:
    """Name what nothing reads, with the nearest name that something reads. Never a value."""
    file = environment_file()
    given = DotEnvSettingsSource(Environment, env_file=file).env_vars if file else {}
    values = {name.upper(): value for name, value in given.items()}
    unknown = [
        _describe(name, has_value=values[name] is not None)
        for name in sorted(values.keys() - KNOWN)
        if not name.startswith(("COMPOSE_", "DOCKER_"))
    ]
    return f"Nothing reads these names of ENV_FILE: {', '.join(unknown)}." if unknown else None


def _describe(name: str, *, has_value: bool) -> str:
    """Show what can only be a name: a line without an equals sign, or with digits, may be a part of a secret."""
    near = get_close_matches(name, KNOWN, n=1, cutoff=0.75)
    is_name = has_value and re.fullmatch(r"[A-Z_]{2,40}" if near else r"(?=.{2,40}$)[A-Z]+(_[A-Z]+)+", name)
    shown = name if is_name else "one that is not shown here"
    return f"{shown} (did you mean {near[0]}?)" if near else shown
