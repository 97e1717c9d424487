#!/usr/bin/env python3
"""Shows what each kind of operator of a preset's TFLite file costs in LiteRT.

LiteRT's own profiler is not part of its Python package. So every operator is cut out of the file
and timed by itself, several times on end and in turns with the whole network. Alone, it finds its
input in another cache than in the network, so the parts need not add up to the whole; both are
shown.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import click
from peak import matrix_multiply_peak

from keras_litesr.cli.sizes import parsed_size
from keras_litesr.evaluation.invocation import invocation
from keras_litesr.evaluation.machine import machine_name
from keras_litesr.evaluation.tables import as_text
from keras_litesr.export.operators import Operator, cut_out, list_operators
from keras_litesr.timing import alternate
from keras_litesr.zoo import folders

_DTYPES = ("float32", "int8")
_ON_END = 4


@dataclass(frozen=True)
class Kind:
    """Operators that take the same time.

    Attributes:
        operator: One of them.
        calls: How many there are.
        milliseconds: Of all of them together, each at its fastest.
    """

    operator: Operator
    calls: int
    milliseconds: float

    @property
    def gflops(self) -> float:
        """Billions of multiplications and additions a second."""
        return 2e-6 * self.operator.multiply_adds * self.calls / self.milliseconds


def main() -> None:
    """Parses the command line and measures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("preset", help="name from `litesr list`, or a preset folder")
    parser.add_argument("--dtype", choices=_DTYPES, default=_DTYPES[0])
    parser.add_argument("--size", default="128x128", metavar="WIDTHxHEIGHT")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    if min(arguments.threads, arguments.rounds) < 1:
        parser.error("expected at least one thread and one round")
    try:
        size = parsed_size(arguments.size)
        content = _content(arguments.preset, arguments.dtype)
    except (click.UsageError, folders.PresetError) as error:
        parser.error(str(error))
    peak = matrix_multiply_peak(arguments.threads)
    whole, kinds = profile(content, size, threads=arguments.threads, rounds=arguments.rounds)
    report = {
        "preset": arguments.preset,
        "dtype": arguments.dtype,
        "size": "x".join(map(str, size[::-1])),
        "machine": machine_name(arguments.threads),
        "matrix_multiply_peak_gflops": round(peak, 1),
        "whole_ms": round(whole, 3),
        "operators_ms": round(sum(kind.milliseconds for kind in kinds), 3),
        "operators": [_row(kind, kinds, peak) for kind in kinds],
    }
    print(json.dumps(report, indent=2) if arguments.json else _text(report))


def profile(
    content: bytes, size: tuple[int, int], *, threads: int, rounds: int
) -> tuple[float, list[Kind]]:
    """Times a network and each of its operators, in turns.

    Args:
        content: TFLite file of `float32` or `int8`.
        size: `(height, width)` of the picture.
        threads: CPU threads.
        rounds: Of which the fastest counts, since it is the least disturbed.

    Returns:
        Milliseconds of the whole network, and the kinds of operators, the dearest first.
    """
    alike: dict[tuple, list[Operator]] = {}
    for operator in list_operators(content, size):
        alike.setdefault(operator.signature, []).append(operator)
    runs = {"whole": invocation(content, size, threads=threads)}
    for index, (first, *_) in enumerate(alike.values()):
        alone = cut_out(content, first.index)
        runs[str(index)] = invocation(alone, *first.sizes, threads=threads)
    times = alternate({label: partial(_on_end, run) for label, run in runs.items()}, rounds)
    fastest = {label: 1e3 * min(seconds) / _ON_END for label, seconds in times.items()}
    kinds = [
        Kind(operators[0], len(operators), len(operators) * fastest[str(index)])
        for index, operators in enumerate(alike.values())
    ]
    kinds.sort(key=lambda kind: -kind.milliseconds)
    return fastest["whole"], kinds


def _on_end(run: Callable[[], object]) -> None:
    for _ in range(_ON_END):
        run()


def _row(kind: Kind, kinds: list[Kind], peak: float) -> dict[str, object]:
    operator = kind.operator
    computes = operator.multiply_adds > 0
    return {
        "operator": operator.kind,
        "kernel": "x".join(map(str, operator.kernel)),
        "from": _shape(operator.input_shape),
        "to": _shape(operator.output_shape),
        "calls": kind.calls,
        "ms": round(kind.milliseconds, 3),
        "share": round(kind.milliseconds / sum(each.milliseconds for each in kinds), 3),
        "gflops": round(kind.gflops, 1) if computes else None,
        "share_of_peak": round(kind.gflops / peak, 2) if computes else None,
    }


def _text(report: dict) -> str:
    rows = [
        {name: "" if value is None else str(value) for name, value in row.items()}
        for row in report["operators"]
    ]
    return (
        f"{report['preset']} {report['dtype']} at {report['size']}, {report['machine']}; "
        f"float32 matrix multiply {report['matrix_multiply_peak_gflops']:.0f} GFLOP/s\n\n"
        f"{as_text(rows)}\n\n"
        f"operators alone {report['operators_ms']:.2f} ms, together {report['whole_ms']:.2f} ms"
    )


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape[1:]))


def _content(preset: str, dtype: str) -> bytes:
    folder = folders.preset_folder(preset)
    name = f"{folders.metadata(folder)['name']}_{dtype}.tflite"
    return folders.verified(folder, name).read_bytes()


if __name__ == "__main__":
    main()
