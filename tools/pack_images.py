#!/usr/bin/env python3
"""Packs folders of photos into one file for `litesr train --images FILE`."""

import argparse
from pathlib import Path

from keras_litesr.datasets.packs import save_pack
from keras_litesr.datasets.sources import centre, load_folders

_EXAMPLES = """\
examples:
  tools/pack_images.py photos -o photos.npz
  tools/pack_images.py photos more -o small.npz --largest 256 --most 500
"""


def main() -> None:
    """Parses the command line and packs."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.npz")
    parser.add_argument(
        "--largest", type=int, metavar="PIXELS", help="keep the middle of larger pictures only"
    )
    parser.add_argument("--most", type=int, metavar="NUMBER", help="keep the first so many only")
    arguments = parser.parse_args()
    try:
        pictures = load_folders(arguments.folders)[: arguments.most]
        if arguments.largest:
            pictures = [centre(picture, arguments.largest) for picture in pictures]
        save_pack(pictures, arguments.output)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    size = arguments.output.stat().st_size / 1e6
    print(f"{len(pictures)} pictures, {size:,.1f} MB: {arguments.output}")


if __name__ == "__main__":
    main()
