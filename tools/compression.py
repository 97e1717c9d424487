#!/usr/bin/env python3
"""Measures what pruning, clustering and removing filters do to a preset, as a Markdown table.

    tools/compression.py lite_tiny_x4 --data ../shared/data/training/photos \
        --validation ../shared/data/validation --steps 500

Every network is trained for the same number of steps on the same patches, the dense one too, or the
others would be flattered. Times are LiteRT's in float32 at 128x128, in turns. The file of `sparse
tensors` is that of 70 % zeros converted with EXPERIMENTAL_SPARSITY, as XNNPACK wants it.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from keras_litesr.cli.compression import material, measured, save, smaller_model, train_on
from keras_litesr.cli.errors import explained
from keras_litesr.cli.folder_lists import ManyFolders
from keras_litesr.evaluation.invocation import invocation
from keras_litesr.evaluation.tables import as_markdown
from keras_litesr.failures import TrainingError
from keras_litesr.silence import captured_output, hush_tensorflow
from keras_litesr.timing import alternate, milliseconds
from keras_litesr.zoo import folders

_SIZE = (128, 128)
_WAYS: dict[str, dict[str, Any]] = {
    "50 % zeros": {"sparsity": 0.5},
    "70 % zeros": {"sparsity": 0.7},
    "75 % of the filters": {"keep_filters": 0.75},
    "50 % of the filters": {"keep_filters": 0.5},
}


@click.command(cls=ManyFolders)
@click.argument("preset")
@click.option("--data", multiple=True, required=True, help="Folders of training photos.")
@click.option("--validation", required=True, help="Folder of photos to measure on.")
@click.option("--steps", type=click.IntRange(20), default=500, show_default=True)
@click.option("--clusters", type=click.IntRange(2), default=32, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=30, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
def main(preset: str, rounds: int, threads: int, **options: Any) -> None:
    """Prints the table, one row a way of making the network smaller."""
    hush_tensorflow()
    try:
        rows, answer = _measure(preset, rounds, threads, options)
    except (ValueError, OSError, ImportError, TrainingError) as error:
        click.echo(f"compression.py: {explained(error)}", err=True)
        raise SystemExit(2) from error
    print(as_markdown(rows))
    print(f"\nXNNPACK's sparse inference: {answer}")


def _measure(
    preset: str, rounds: int, threads: int, options: dict[str, Any]
) -> tuple[list[dict[str, Any]], str]:
    with captured_output():
        from keras_litesr.zoo.registry import load

        source = folders.preset_folder(preset)
        model = load(source)
    options |= {"learning_rate": 5e-4}
    patches, pairs = material(options, scale=folders.metadata(source)["scale"], seed=0)
    with tempfile.TemporaryDirectory() as scratch:
        made = {}
        for label, network in _networks(model, patches, options):
            made[label] = Path(scratch) / label.replace(" ", "_")
            save(network, made[label], name="network")
        rows = [{"network": label, **measured(made[label], pairs)} for label in made]
        sparse = _sparse_tensors(made["70 % zeros"], Path(scratch) / "sparse.tflite")
        files = {label: made[label] / "network_float32.tflite" for label in made}
        files["70 % zeros, sparse tensors"] = sparse
        runs = {label: invocation(path, _SIZE, threads=threads) for label, path in files.items()}
        times = alternate(runs, rounds)
    rows.append({"network": "70 % zeros, sparse tensors"})
    for row in rows:
        row.pop("model", None)
        row["ms"] = f"{milliseconds(times[row['network']])['median_ms']:.1f}"
    return rows, _sparse_inference(model)


def _networks(model, patches, options: dict[str, Any]):
    """Yields label and network of every row."""
    from keras_litesr.export.clustering import cluster
    from keras_litesr.models.copies import copied

    steps, rate = options["steps"], options["learning_rate"]

    def bar(label: str) -> tqdm:
        return tqdm(total=steps, desc=label, leave=False, disable=None, file=sys.stderr)

    yield "as released", model
    with bar("dense") as progress:
        dense = copied(model)
        train_on(dense, patches, steps=steps, learning_rate=rate, progress=progress.update)
    yield "dense, trained on", dense
    for label, way in _WAYS.items():
        with bar(label) as progress:
            yield label, smaller_model(model, patches, {**options, **way}, progress.update)
    clusters = options["clusters"]
    with bar("clusters") as progress:
        clustered = cluster(
            model, patches, clusters=clusters, steps=steps, progress=progress.update
        )
    yield f"{clusters} values a kernel", clustered


def _sparse_tensors(folder: Path, path: Path) -> Path:
    """Converts a pruned preset with its zeros left out of the file."""
    import tensorflow as tf

    from keras_litesr.export.twin import twin
    from keras_litesr.zoo.registry import load

    with captured_output():
        converter = tf.lite.TFLiteConverter.from_keras_model(twin(load(folder)))
        converter.optimizations = [tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
        path.write_bytes(converter.convert())
    return path


def _sparse_inference(model) -> str:
    """Asks the toolkit whether XNNPACK would run the network by its sparse kernels."""
    from keras_litesr.export.legacy import tfmot
    from keras_litesr.export.twin import twin

    try:
        policy = tfmot.sparsity.keras.PruneForLatencyOnXNNPack()
        policy.ensure_model_supports_pruning(twin(model))
    except ValueError as error:
        return f"no. {error}"
    return "yes."


if __name__ == "__main__":
    main()
