"""Makes the local hubs and their fixtures known to the tests of this folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from hub_fixtures import hugging_face, kaggle, no_proxy, publishable, signed

__all__ = ["hugging_face", "kaggle", "no_proxy", "publishable", "signed"]
