"""Several folders behind one option."""

import click


class ManyFolders(click.Command):
    """Takes `--data A B` for `--data A --data B`; what follows `--data` is a folder."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Names the arguments first: behind `--data` they would be taken for folders."""
        options, *arguments = super().collect_usage_pieces(ctx)
        return [*arguments, options]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeats `--data` before every folder but the first."""
        words, is_data = [], False
        for number, word in enumerate(args):
            if is_data and number and args[number - 1] != "--data" and not word.startswith("-"):
                words.append("--data")
            begins = word == "--data" or word.startswith("--data=")
            is_data = begins or (is_data and not word.startswith("-"))
            words.append(word)
        return super().parse_args(ctx, words)
