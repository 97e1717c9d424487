"""What `litesr prune` does: material, the pruning and its training, and what came of it."""

import gzip
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from keras_litesr.cli.conversion import add_float32
from keras_litesr.datasets.degradation import Pair, degrade
from keras_litesr.datasets.places import load_pictures, require_no_copies
from keras_litesr.datasets.sources import split
from keras_litesr.evaluation.protocols import STANDARD
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.silence import captured_output
from keras_litesr.training.recipes import Recipe
from keras_litesr.zoo import folders
from keras_litesr.zoo.new_folders import appearing, require_free

if TYPE_CHECKING:
    import keras

    from keras_litesr.datasets.patches import Patches

_JUDGES = 50
Progress = Callable[[int], object]


def compress(source: Path, output: Path, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Prunes a preset into a new one.

    Args:
        source: Preset folder.
        output: Preset folder to make; it appears whole or not at all.
        options: Of `litesr prune`.

    Returns:
        A row of figures for the source, and one for the output.
    """
    with captured_output():
        from keras_litesr.export.tflite import require_keras
        from keras_litesr.zoo.registry import load

        require_keras()
        model = load(source)
    scale = folders.metadata(source)["scale"]
    patches, others = material(options, scale=scale, seed=options["seed"])
    with tqdm(total=options["steps"], unit="step", leave=False, disable=None) as bar:
        smaller = smaller_model(model, patches, options, bar.update)
    facts = _facts(source, options)
    check = partial(require_free, overwrite=options["overwrite"])
    with appearing(output, check=check) as new, tempfile.TemporaryDirectory() as scratch:
        name, origin = output.resolve().name, folders.metadata(source)
        save(model, Path(scratch) / "before", name=origin["name"])
        save(smaller, new, name=name, training=facts, licence=origin.get("license", ""))
        return [measured(folder, others) for folder in (Path(scratch) / "before", new)]


def material(options: dict[str, Any], *, scale: int, seed: int) -> tuple["Patches", Sequence[Pair]]:
    """Reads the photos: patches to train on, `steps` batches of them, and pairs to measure on."""
    from keras_litesr.datasets.patches import Patches

    recipe = Recipe(steps=options["steps"])
    if not options["validation"]:
        require_no_copies(options["data"])
    pictures = load_pictures(options["data"])
    others = load_pictures([options["validation"]]) if options["validation"] else None
    training, held_out = split(recipe.patch_size * scale, pictures, others)
    patches = Patches(
        degrade(training, scale),
        scale=scale,
        patch_size=recipe.patch_size,
        batch_size=recipe.batch_size,
        steps=recipe.steps,
        seed=seed,
    )
    return patches, degrade(held_out, scale)


def smaller_model(
    model: "keras.Model", patches: "Patches", options: dict[str, Any], progress: Progress
) -> "keras.Model":
    """Removes weights or filters, as the options say, and trains the rest.

    Args:
        model: The original, which stays as it is.
        patches: Training patches.
        options: `sparsity` or `keep_filters`, `steps` and `learning_rate`.
        progress: Called with the number of steps done since the last call.
    """
    from keras_litesr.training.guards import require_finite

    steps, learning_rate = options["steps"], options["learning_rate"]
    if options.get("sparsity") is not None:
        with captured_output():
            from keras_litesr.export.sparsity import prune

        smaller = prune(
            model,
            patches,
            sparsity=options["sparsity"],
            steps=steps,
            learning_rate=learning_rate,
            progress=progress,
        )
        require_finite(smaller)
        return smaller
    from keras_litesr.export.filters import remove_filters

    judges = [pair.low_res for pair in patches.pairs[:_JUDGES]]
    smaller = remove_filters(model, judges, keep=options["keep_filters"])
    train_on(smaller, patches, steps=steps, learning_rate=learning_rate, progress=progress)
    return smaller


def train_on(
    model: "keras.Model",
    patches: "Patches",
    *,
    steps: int,
    learning_rate: float,
    progress: Progress,
) -> None:
    """Trains a model in place as `litesr train` trains, for as many steps as there are patches.

    Raises:
        DivergedError: When a loss or a weight is not finite.
    """
    import keras

    from keras_litesr.training.guards import StopOnNaN, require_finite
    from keras_litesr.training.pixel import compile_for_pixels

    class Bar(keras.callbacks.Callback):
        done = 0

        def on_train_batch_end(self, batch, logs=None):
            progress(batch + 1 - self.done)
            self.done = batch + 1

    recipe = Recipe(
        steps=steps,
        learning_rate=learning_rate,
        warmup_steps=steps // 20,
        ema_momentum=min(0.998, 1 - 10 / steps),
    )
    compile_for_pixels(model, recipe, scale=patches.scale)
    model.fit(patches, epochs=1, shuffle=False, verbose=0, callbacks=[Bar(), StopOnNaN()])
    require_finite(model)  # the loss of the last step does not show what its update broke


def save(
    model: "keras.Model",
    folder: Path,
    *,
    name: str,
    training: dict[str, Any] | None = None,
    licence: str = "",
) -> None:
    """Saves a preset folder with its float32 TFLite file."""
    from keras_litesr.zoo.saving import save_to_preset

    save_to_preset(model, folder, name=name, training=training, licence=licence)
    add_float32(folder)
    folders.write_manifest(folder)


def measured(folder: Path, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Measures a preset: weights, sizes in kB, and luma PSNR (standard protocol) on some pairs."""
    from keras_litesr.zoo.registry import load

    facts = folders.metadata(folder)
    upscaler = Upscaler(folder, runtime="litert")
    psnr = [
        STANDARD.measure(pair.high_res, upscaler(pair.low_res), facts["scale"])["psnr"]
        for pair in pairs
    ]
    content = folders.verified(folder, f"{facts['name']}_float32.tflite").read_bytes()
    return {
        "model": facts["name"],
        "parameters": facts["parameter_count"],
        "not zero": sum(int(np.count_nonzero(array)) for array in load(folder).get_weights()),
        ".tflite kB": round(len(content) / 1000),
        "gzip kB": round(len(gzip.compress(content, mtime=0)) / 1000),
        "psnr": float(np.mean(psnr)),
    }


def _facts(source: Path, options: dict[str, Any]) -> dict[str, Any]:
    sparse = options["sparsity"] is not None
    how = {"sparsity": options["sparsity"]} if sparse else {"keep_filters": options["keep_filters"]}
    return {
        "kind": "pixel",
        "method": "magnitude pruning" if sparse else "removal of filters",
        "start": folders.metadata(source)["name"],
        "start_sha256": folders.manifest(source)[folders.WEIGHTS],
        **how,
        "steps": options["steps"],
        "learning_rate": options["learning_rate"],
        "seed": options["seed"],
    }
