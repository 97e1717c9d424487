"""Errors in the words of the command line."""

# What the libraries below say in errors of other kinds.
_OUT_OF_MEMORY = ("std::bad_alloc", "OOM when allocating", "Unable to allocate")


def explained(error: Exception) -> str:
    """Puts an error into a line for a person: our own as it is, others with what they are."""
    if isinstance(error, MemoryError) or any(sign in str(error) for sign in _OUT_OF_MEMORY):
        return "There is not enough memory for this. Close other programs, or take less at once."
    if isinstance(error, (ValueError, OSError)) and str(error):
        return str(error)
    return f"Unexpected {type(error).__name__}: {error}. Run again with --debug and report it."
