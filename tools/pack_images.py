#!/usr/bin/env python3
"""Packs folders of photos into one file for `litesr train --images FILE`."""

import argparse
from pathlib import Path

from keras_litesr.atomic import require_writable
from keras_litesr.cli.errors import explained
from keras_litesr.cli.ranges import count
from keras_litesr.datasets.packs import check_target, save_pack
from keras_litesr.datasets.sources import centre, load_folders, reduced

_EXAMPLES = """\
examples:
  tools/pack_images.py photos -o photos.npz
  tools/pack_images.py photos more -o small.npz --largest 256 --most 500
  tools/pack_images.py photos -o photos.npz --reduce 0.8 0.6
                                                every photo three times, the copies crisper
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
        "--largest",
        type=count,
        metavar="PIXELS",
        help="keep the middle of larger pictures only",
    )
    parser.add_argument("--most", type=count, metavar="NUMBER", help="keep the first so many")
    parser.add_argument(
        "--reduce",
        type=_share,
        nargs="+",
        default=(),
        metavar="SHARE",
        help="add copies with sides of these shares, which hold more detail a pixel and fewer "
        "traces of compression; a training with such a pack needs --validation",
    )
    arguments = parser.parse_args()
    try:
        check_target(arguments.output)
        require_writable(arguments.output.parent)
        pictures = load_folders(arguments.folders)[: arguments.most]
        if arguments.largest:
            pictures = [centre(picture, arguments.largest) for picture in pictures]
        pictures += [reduced(picture, share) for share in arguments.reduce for picture in pictures]
        save_pack(pictures, arguments.output, holds_copies=bool(arguments.reduce))
    except (ValueError, OSError) as error:
        parser.error(explained(error))
    size = arguments.output.stat().st_size / 1e6
    print(f"{len(pictures)} pictures, {size:,.1f} MB: {arguments.output}")


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, received {text!r}")
    return share


if __name__ == "__main__":
    main()
