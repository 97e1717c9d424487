import struct

import pytest

from keras_litesr.training.events import EventLog, crc32c, record

ROWS = [{"epoch": "0", "loss": "0.5", "val_psnr": "28.25"}]


def _events(path):
    """Reads events with TensorFlow's own reader, which checks both checksums."""
    tf = pytest.importorskip("tensorflow")
    from tensorflow.core.util import event_pb2

    return [event_pb2.Event.FromString(e.numpy()) for e in tf.data.TFRecordDataset([str(path)])]


@pytest.fixture
def log(tmp_path):
    return EventLog(tmp_path, ROWS, epoch_steps=500)


def test_tensorflow_reads_the_epochs_behind_and_those_to_come(log, tmp_path):
    (tmp_path / "events.out.tfevents.1.old").write_bytes(b"of the start before")
    log.on_train_begin()
    log.on_epoch_end(1, {"val_psnr": 29.5, "loss": 0.25})
    (path,) = tmp_path.iterdir()
    first, *events = _events(path)
    assert first.file_version == "brain.Event:2"
    assert all(event.wall_time > 1.7e9 for event in (first, *events))
    assert [event.step for event in events] == [500, 1000]
    values = [{v.tag: v.simple_value for v in event.summary.value} for event in events]
    assert values == [
        {"training/loss": 0.5, "validation/psnr": 28.25},
        {"training/loss": 0.25, "validation/psnr": 29.5},
    ]


def test_a_record_is_length_and_data_with_their_checksums():
    """The checksum of nine digits is the standard's; masked: turned by 15 bits, plus 0xa282ead8."""
    assert crc32c(b"123456789") == 0xE3069283
    turned = (0xE3069283 >> 15 | 0xE3069283 << 17) & 0xFFFFFFFF
    framed = record(b"123456789")
    assert framed[:8] == struct.pack("<Q", 9)
    assert framed[12:21] == b"123456789"
    assert framed[21:] == struct.pack("<I", (turned + 0xA282EAD8) & 0xFFFFFFFF)
