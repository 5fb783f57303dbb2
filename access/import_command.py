"""How a command ends that cannot import its files."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from access.import_files import CANNOT_IMPORT, NOTHING, CannotImport, FileRefused, refusal_lines


@contextmanager
def import_faults() -> Iterator[None]:
    """:raises CommandError: the files were refused, or nothing could be imported; it has the sentences"""
    try:
        yield
    except FileRefused as fault:
        sentence = "\n".join((*refusal_lines(fault.refusals), NOTHING))
    except CannotImport as fault:
        sentence = str(fault)
    else:
        return
    raise CommandError(sentence, returncode=CANNOT_IMPORT)
