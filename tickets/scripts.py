"""In which scripts a text is written. A summary may use the scripts of its text, and Latin. Free of Django."""

from decisions.scripts import script_of

LATIN = "LATIN"


def scripts(text: str) -> frozenset[str]:
    """Return the scripts of a text's letters."""
    letters = {character for character in text if character.isalpha()}
    return frozenset(script for script in map(script_of, letters) if script)


def language_conflict(summary: str, text: str) -> bool:
    """Return whether the summary has letters of a script that the text does not have. Latin is always allowed."""
    return bool(scripts(summary) - scripts(text) - {LATIN})
