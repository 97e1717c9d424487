"""Picture sizes as a person types them."""

import click


def parsed_size(size: str, *, expected: str = "a size such as 480x270") -> tuple[int, int]:
    """Reads `480x270`, width first, as `(height, width)`; `expected` is what an error asks for.

    Raises:
        UsageError: For anything else.
    """
    try:
        width, height = (int(side) for side in size.lower().split("x"))
    except ValueError:
        width = height = 0
    if min(width, height) < 1:
        raise click.UsageError(f"Expected {expected}, received {size!r}.")
    return height, width
