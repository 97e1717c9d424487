"""Lets `python -m keras_litesr` do what `litesr` does."""

from keras_litesr.cli.main import main

if __name__ == "__main__":
    main(prog_name="litesr")
