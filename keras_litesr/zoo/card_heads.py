"""The YAML head of a card: what the hubs filter by."""

import json
import re
from collections.abc import Iterator
from typing import Any

from keras_litesr.zoo.card_facts import Card

# What YAML takes for a text without quotes; words such as `no` are numbers or truth values to it.
_PLAIN = re.compile(r"[a-z][a-z0-9_./:-]*[a-z0-9]", re.IGNORECASE)
_SPECIAL = {"true", "false", "yes", "no", "on", "off", "null"}


def yaml_head(card: Card, metadata: dict[str, Any], results: dict[str, Any]) -> str:
    """Writes the head, with its marks of three dashes.

    Args:
        card: The author's facts.
        metadata: The preset's.
        results: The preset's; its standard figures become the hub's evaluation results.
    """
    content: dict[str, Any] = {
        "library_name": "keras",
        "pipeline_tag": "image-to-image",
        "license": card.licence,
    }
    if card.licence == "other":
        content |= {"license_name": card.licence_name, "license_link": card.licence_link}
    scale = f"x{metadata['scale']}"
    content["tags"] = list(
        dict.fromkeys(("super-resolution", "keras", "tflite", scale, *card.tags))
    )
    if card.datasets:
        content["datasets"] = list(card.datasets)
    content["metrics"] = ["psnr", "ssim"]
    if results:
        content["model-index"] = [{"name": metadata["name"], "results": _evaluations(results)}]
    return "---\n" + "".join(f"{line}\n" for line in _lines(content)) + "---\n"


def _evaluations(results: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "task": {"type": "image-to-image", "name": "Super-resolution"},
            "dataset": {"type": data, "name": data},
            "metrics": [
                {
                    "type": metric,
                    "value": round(row["standard"][metric], decimals),
                    "name": f"{metric.upper()} of luma",
                }
                for metric, decimals in (("psnr", 2), ("ssim", 4))
            ],
        }
        for data, row in results["files"]["float32"]["quality"].items()
    ]


def _lines(content: dict[str, Any]) -> Iterator[str]:
    for key, value in content.items():
        if isinstance(value, dict):
            yield f"{key}:"
            yield from (f"  {line}" for line in _lines(value))
        elif isinstance(value, list):
            yield f"{key}:"
            for item in value:
                lines = list(_lines(item)) if isinstance(item, dict) else [_scalar(item)]
                yield f"- {lines[0]}"
                yield from (f"  {line}" for line in lines[1:])
        else:
            yield f"{key}: {_scalar(value)}"


def _scalar(value: Any) -> str:
    plain = _PLAIN.fullmatch(str(value)) and str(value).lower() not in _SPECIAL
    # JSON is YAML, and its quotes hold every text.
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
