"""Write docs/sentences.md. `make sentences` gives it the settings that it needs."""

import django

from config.environment import BASE_DIR

DOCUMENT = BASE_DIR / "docs" / "sentences.md"

if __name__ == "__main__":
    django.setup()
    from decisions.registry import workflows
    from tools.sentence_tables import document

    DOCUMENT.write_text(document(workflows()))
