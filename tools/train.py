#!/usr/bin/env python3
"""Trains a preset: `tools/train.py NAME ...` is `litesr train NAME ...`."""

import sys

from keras_litesr.cli.main import main

if __name__ == "__main__":
    sys.argv.insert(1, "train")
    main(prog_name="litesr")
