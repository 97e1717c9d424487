"""Attacks on a marked model, each with what it leaves of the mark and of the pictures."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from keras_litesr.datasets.patches import Patches
from keras_litesr.evaluation.protocols import STANDARD
from keras_litesr.export import formats, tflite
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.models.copies import copied
from keras_litesr.protection import attacks, carriers, false_alarms, watermark
from keras_litesr.protection.disguise import disguised
from keras_litesr.protection.keys import OwnerKey
from keras_litesr.zoo.registry import load
from keras_litesr.zoo.saving import save_to_preset

_PRUNED = (0.3, 0.5, 0.7)
_NOISE_COST = 0.5
_FINE_TUNING_RATE, _TRAINING_RATE = 1e-4, 1e-3

Suspect: TypeAlias = keras.Model | Path
Trial = Callable[[], tuple[Suspect, str]]


class Quality:
    """Mean PSNR in dB in the standard protocol, on pictures held in memory.

    Args:
        model: Any model of the architecture; one copy of it is compiled and given others' weights.
        pairs: `(low_res, high_res)` uint8 each.
        scale: Enlargement per side.
    """

    def __init__(
        self,
        model: keras.Model,
        pairs: Sequence[tuple[np.ndarray, np.ndarray]],
        *,
        scale: int,
    ):
        self.stage = copied(model)
        self.upscaler = Upscaler(self.stage)
        self.pairs, self.scale = pairs, scale

    def __call__(self, suspect: Suspect) -> float:
        """Measures a model of the architecture, or a TFLite file."""
        if isinstance(suspect, Path):
            return self._mean(Upscaler(suspect))
        self.stage.set_weights(suspect.get_weights())
        return self._mean(self.upscaler)

    def _mean(self, enlarge: Callable[[np.ndarray], np.ndarray]) -> float:
        figures = [
            STANDARD.measure(high_res, enlarge(low_res), self.scale)["psnr"]
            for low_res, high_res in self.pairs
        ]
        return float(np.mean(figures))


class Coach:
    """Trains models of one architecture at a constant rate; its functions are traced once.

    Args:
        model: Any model of the architecture.
        patches: What it trains with.
        learning_rate: Adam's.
    """

    def __init__(self, model: keras.Model, patches: Patches, *, learning_rate: float):
        self.stage, self.patches = copied(model), patches
        optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=1.0)
        self.stage.compile(optimizer, loss="mae", steps_per_execution=10, jit_compile=False)
        optimizer.build(self.stage.trainable_variables)
        self.start = [np.array(variable) for variable in optimizer.variables]

    def __call__(self, model: keras.Model) -> None:
        """Trains a model in place, always with the same batches."""
        self.stage.set_weights(model.get_weights())
        for variable, value in zip(self.stage.optimizer.variables, self.start, strict=True):
            variable.assign(value)
        self.patches.epoch = 0
        with tqdm(desc="training", total=len(self.patches), leave=False, disable=None) as bar:
            progress = keras.callbacks.LambdaCallback(
                on_train_batch_end=lambda batch, logs: bar.update(batch + 1 - bar.n)
            )
            self.stage.fit(self.patches, shuffle=False, verbose=0, callbacks=[progress])
        model.set_weights(self.stage.get_weights())


@dataclass
class Trials:
    """All attacks on one model.

    Attributes:
        model: The marked one.
        key: Its owner's.
        quality: Measures what is left of the pictures.
        patches: Other pictures than those it was marked with, for training on.
        crops: Low-resolution pictures uint8, 8 or more, for int8.
        scratch: Folder for files.
    """

    model: keras.Model
    key: OwnerKey
    quality: Quality
    patches: Patches
    crops: Sequence[np.ndarray]
    scratch: Path
    coach: Coach = field(init=False)

    def __post_init__(self) -> None:
        self.network = carriers.read(self.model)
        self.coach = Coach(self.model, self.patches, learning_rate=_FINE_TUNING_RATE)

    @property
    def all(self) -> dict[str, Trial]:
        """Every attack by name, none first; each gives the attacked model and a remark."""
        steps = f"{len(self.patches):,} steps"
        return {
            "none": lambda: (self.model, ""),
            "Keras, saved and loaded": self._keras,
            "SavedModel": self._saved_model,
            **{f"TFLite {dtype}": self._tflite(dtype) for dtype in tflite.DTYPES[:4]},
            **{f"{share:.0%} of the weights pruned": self._pruned(share) for share in _PRUNED},
            f"fine-tuned, {steps} at 1e-4": self._fine_tuned,
            f"noise that costs {_NOISE_COST} dB": self._noisy,
            f"second owner's mark, {steps}": self._second_mark,
            "permuted, rescaled and flipped": lambda: (disguised(self.model), ""),
            "thief: 30% pruned, fine-tuned, int8": self._thief,
        }

    def measured(self, attack: str) -> dict[str, str | int | float]:
        """Makes a row: bits, p-value, PSNR; where the attack failed, why."""
        row: dict[str, str | int | float] = {"attack": attack}
        try:
            suspect, remark = self.all[attack]()
            verdict = watermark.verify(suspect, self.key, reference=self.network, committed=True)
            psnr = self.quality(suspect)
        except (ImportError, RuntimeError, ValueError) as error:
            return {**row, "answer": "failed", "remark": " ".join(str(error).split())}
        if verdict.readings > 1:
            remark = "; ".join([*filter(None, [remark]), "read after alignment"])
        return {
            **row,
            "bits": verdict.matching,
            "slots": verdict.slots,
            "p_value": verdict.p_value,
            "psnr": psnr,
            "answer": verdict.answer,
            "remark": remark,
        }

    def _keras(self) -> tuple[Suspect, str]:
        return load(save_to_preset(self.model, self.scratch / "saved_x4")), ""

    def _saved_model(self) -> tuple[Suspect, str]:
        """Reads the variables back out of the exported folder, which keeps them in order."""
        folder = formats.export(self.model, self.scratch / "saved_model")
        variables = tf.saved_model.load(str(folder)).variables
        copy = copied(self.model)
        copy.set_weights([variable.numpy() for variable in variables])
        return copy, "its variables read back"

    def _tflite(self, dtype: str) -> Trial:
        return lambda: (self._exported(self.model, dtype), "")

    def _exported(self, model: keras.Model, dtype: str) -> Path:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            crops = self.crops if dtype == "int8" else None
            return tflite.export(
                model, self.scratch / f"{dtype}.tflite", dtype=dtype, representative=crops
            )

    def _pruned(self, share: float) -> Trial:
        return lambda: (attacks.pruned(self.model, share), "")

    def _fine_tuned(self) -> tuple[Suspect, str]:
        return attacks.trained_on(self.model, self.coach), ""

    def _noisy(self) -> tuple[Suspect, str]:
        attacked, amount = attacks.noisy_costing(self.model, self.quality, cost=_NOISE_COST)
        return attacked, f"{amount:.1%} of each kernel's size"

    def _second_mark(self) -> tuple[Suspect, str]:
        second = next(false_alarms.wrong_keys(1, seed=1))
        self.patches.epoch = 0  # so that a report that is resumed says the same
        attacked = watermark.mark(self.model, second, self.patches, steps=len(self.patches))
        verdict = watermark.verify(attacked, second, committed=True)
        return attacked, f"the second owner reads {verdict.matching}"

    def _thief(self) -> tuple[Suspect, str]:
        trained = attacks.trained_on(attacks.pruned(self.model, _PRUNED[0]), self.coach)
        return self._exported(trained, "int8"), ""


def unmarked(model: keras.Model, patches: Patches, count: int) -> Iterator[keras.Model]:
    """Trains models of the same architecture for a short time, from seeds 1, 2, 3 and so on.

    Args:
        model: Of the architecture.
        patches: Small ones do; every model gets others.
        count: How many models.
    """
    coach = Coach(model, patches, learning_rate=_TRAINING_RATE)
    for seed in range(1, count + 1):
        keras.utils.set_random_seed(seed)
        fresh = model.__class__.from_config(model.get_config())
        patches.seed = seed
        coach(fresh)
        yield fresh
