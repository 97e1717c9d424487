"""Curves for TensorBoard, written without TensorFlow or TensorBoard."""

import socket
import struct
import time
from pathlib import Path

import keras

from keras_litesr.training.records import EVENTS, Row

_POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected
_VERSION = b"brain.Event:2"


class EventLog(keras.callbacks.Callback):
    """Appends what an epoch logged to an event file, which `tensorboard --logdir` draws.

    Every start writes one file anew, earlier epochs first, so that a killed run leaves no epoch
    in it twice.

    Args:
        folder: The run's folder.
        rows: Of the epochs behind, as `log.csv` has them.
        epoch_steps: Steps an epoch; the curves run over steps.
    """

    def __init__(self, folder: Path, rows: list[Row], epoch_steps: int):
        super().__init__()
        self.folder = folder
        self.rows = list(rows)
        self.epoch_steps = epoch_steps

    def on_train_begin(self, logs=None):
        for old in self.folder.glob(EVENTS):
            old.unlink()
        name = EVENTS.replace("*", f"{int(time.time())}.{socket.gethostname()}")
        self.path = self.folder / name
        self.path.write_bytes(record(_event(b"\x1a" + _sized(_VERSION))))
        for row in self.rows:
            self._append(int(row["epoch"]), row)

    def on_epoch_end(self, epoch, logs=None):
        self._append(epoch, logs)

    def _append(self, epoch: int, row: Row) -> None:
        step = (epoch + 1) * self.epoch_steps
        # An earlier start may have logged less.
        names = [name for name in sorted(row) if name != "epoch" and row[name] != ""]
        figures = {_tag(name): float(row[name]) for name in names}
        with self.path.open("ab") as file:
            file.write(record(_event(_summary(step, figures))))


def record(data: bytes) -> bytes:
    """Frames data as TensorFlow's record files do: length, its checksum, data, their checksum.

    Reference:
        TensorFlow, TFRecord and tf.train.Example, "TFRecords format details".
    """
    length = struct.pack("<Q", len(data))
    return length + _masked_crc(length) + data + _masked_crc(data)


def crc32c(data: bytes) -> int:
    """Computes the Castagnoli checksum.

    Example:
        >>> hex(crc32c(b"123456789"))
        '0xe3069283'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _masked_crc(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _tag(name: str) -> str:
    return f"validation/{name[4:]}" if name.startswith("val_") else f"training/{name}"


def _event(content: bytes) -> bytes:
    """Encodes an `Event`: wall_time 1, then file_version 3, or step 2 and summary 5."""
    return b"\x09" + struct.pack("<d", time.time()) + content


def _summary(step: int, figures: dict[str, float]) -> bytes:
    values = [
        # A `Summary` repeats value 1, a `Value` has tag 1 and simple_value 2.
        b"\x0a" + _sized(b"\x0a" + _sized(tag.encode()) + b"\x15" + struct.pack("<f", figure))
        for tag, figure in figures.items()
    ]
    return b"\x10" + _varint(step) + b"\x2a" + _sized(b"".join(values))


def _sized(data: bytes) -> bytes:
    return _varint(len(data)) + data


def _varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])
