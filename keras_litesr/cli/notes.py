"""What libraries warn of, as lines for a person."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def notes() -> Iterator[None]:
    """Prints what is warned of while the block runs; when it fails, the reason may be there."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            yield
        finally:
            for warning in caught:
                if issubclass(warning.category, UserWarning):
                    click.echo(f"note: {warning.message}", err=True)
