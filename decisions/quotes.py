"""Whether a model's quote shows that the text says what the model read. Free of Django."""

from access.characters import visible
from decisions.scripts import letters_without_blanks

# A shorter quote could be in almost any text, so it proves nothing.
FEWEST_WORDS, FEWEST_LETTERS = 3, 6


def is_evidence(quote: str, text: str) -> bool:
    """
    Return whether a quote is the whole text, or is in the text and long enough.

    Long enough are three words, or six letters in scripts without blanks. Invisible characters do not count.
    """
    seen = visible(quote)
    words = [word for word in seen.split() if any(character.isalnum() for character in word)]
    is_long_enough = len(words) >= FEWEST_WORDS or letters_without_blanks(seen) >= FEWEST_LETTERS
    return quote == text or (is_long_enough and quote in text)
