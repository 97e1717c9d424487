"""The command `litesr`: one module a command, each joining packages for a person."""
