"""Several folders behind one option."""

import click


class ManyFolders(click.Command):
    """Takes `--data A B` for `--data A --data B`; what follows `--data` is a folder."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeats `--data` before every folder but the first."""
        words, is_data = [], False
        for number, word in enumerate(args):
            if is_data and number and args[number - 1] != "--data" and not word.startswith("-"):
                words.append("--data")
            is_data = word == "--data" or (is_data and not word.startswith("-"))
            words.append(word)
        return super().parse_args(ctx, words)
