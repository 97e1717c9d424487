"""Picture sizes as a person types them."""

import click


def parsed_size(size: str) -> tuple[int, int]:
    """Reads `480x270`, width first, as `(height, width)`.

    Raises:
        UsageError: For anything else.
    """
    try:
        width, height = (int(side) for side in size.lower().split("x"))
    except ValueError:
        width = height = 0
    if min(width, height) < 1:
        raise click.UsageError(f"Expected a size such as 480x270, received {size!r}.")
    return height, width
