"""Reads the arrays of a Keras weight file without the HDF5 library, which crafted files can hang.

Of the format it knows what `keras.Model.save_weights` writes, and refuses the rest: superblock 0,
groups as symbol tables, float32 arrays in one piece. No byte of a file reaches compiled code.
"""

import math
import struct
from collections.abc import Iterator

import numpy as np

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_FLOAT32 = bytes.fromhex("11201f000400000000002000170800177f000000")
_TEXT = bytes.fromhex("1901")
_DATASPACE, _DATATYPE, _LAYOUT, _ATTRIBUTE, _MEMBERS = 0x01, 0x03, 0x08, 0x0C, 0x11
_CONTINUATION = 0x10
# Fill values and times, which say nothing about the content.
_IGNORED = {0x00, 0x04, 0x05, 0x0E, 0x12}
_REFUSED = {
    0x02: "links where arrays should be",
    0x06: "links where arrays should be",
    0x07: "arrays that lie in another file",
    0x0B: "compressed arrays",
}
_LONGEST_NAME = 256
_MOST_DIMENSIONS = 8


class WeightFileError(ValueError):
    """Bytes that are no weight file of the kind that Keras writes."""


def read_arrays(content: bytes) -> dict[str, list[np.ndarray]]:
    """Reads a `.weights.h5` file.

    Time and memory grow with the length of the content, whatever it says: arrays are views of it
    and together no larger, and structures may be read over only as often as an honest file needs.

    Args:
        content: The whole file.

    Returns:
        Layer name to its float32 arrays in order, for the layers that have any.

    Raises:
        WeightFileError: For anything else, a link or a compressed array for instance.
    """
    file = _File(content)
    layers = file.members(file.root()).get("layers")
    if layers is None:
        raise WeightFileError("it lacks the group /layers")
    arrays: dict[str, list[np.ndarray]] = {}
    for key, address in file.members(layers).items():
        inside = file.members(address)
        if set(inside) != {"vars"}:
            raise WeightFileError(f"layers/{key} holds {sorted(inside)}, expected vars alone")
        variables = file.members(inside["vars"])
        name = file.name_attribute(inside["vars"])
        if name in arrays:
            raise WeightFileError(f"it holds the layer {name} twice")
        if set(variables) != {str(index) for index in range(len(variables))}:
            raise WeightFileError(f"the arrays of the layer {name} are not numbered from 0")
        try:
            arrays[name] = [file.array(variables[str(n)]) for n in range(len(variables))]
        except ValueError as error:  # NumPy's too, for a shape that no array can have
            raise WeightFileError(f"layer {name}: {error}") from error
    return {name: found for name, found in arrays.items() if found}


class _File:
    """Structures of one file; every address is checked against its end."""

    def __init__(self, content: bytes):
        self._content = content
        # Addresses may form loops. An honest file is read over less than once.
        self._allowance = 4 * len(content)
        # Hard links give one array many names. Honest arrays share no bytes.
        self._unclaimed = len(content)

    def root(self) -> int:
        signature, versions, sizes = self._fields("<8s5s2s", 0)
        if signature != _SIGNATURE or versions[0] != 0 or sizes != b"\x08\x08":
            raise WeightFileError("it is not in the oldest HDF5 format, as h5py writes by default")
        base, end = self._fields("<Q8xQ", 24)
        if base or end != len(self._content):
            raise WeightFileError(f"it says that it has {end} bytes, it has {len(self._content)}")
        return self._fields("<8xQ", 56)[0]

    def members(self, group: int) -> dict[str, int]:
        """Addresses of a group's members by name; links are refused."""
        position = self._message(group, _MEMBERS, {_ATTRIBUTE})
        tree, heap = self._fields("<QQ", position)
        signature, size, names = self._fields("<4s4xQ8xQ", heap)
        self._require(signature == b"HEAP", "a group lacks its names")
        members: dict[str, int] = {}
        for offset, address, kind in self._symbols(tree):
            self._require(kind in (0, 1), "it has links where arrays should be")
            self._require(offset < size, "a name lies outside of its group")
            name = self._text(names + offset, min(_LONGEST_NAME, size - offset))
            self._require(name not in members, f"a group holds {name} twice")
            members[name] = address
        return members

    def name_attribute(self, group: int) -> str:
        """The attribute `name`, which Keras puts into the file's heap of texts."""
        position = self._message(group, _ATTRIBUTE, {_MEMBERS})
        version, *sizes = self._fields("<BxHHH", position)
        name, kind, space = (position + 8 + sum(map(_padded, sizes[:n])) for n in range(3))
        self._require(version == 1 and sizes == [5, 20, 8], "a layer lacks its name")
        self._require(self._bytes(name, 5) == b"name\0", "a layer lacks its name")
        self._require(self._bytes(kind, 2) == _TEXT, "a layer's name is no text")
        self._require(self._bytes(space, 2) == b"\x01\x00", "a layer has several names")
        length, collection, wanted = self._fields("<IQI", space + 8)
        signature, size = self._fields("<4s4xQ", collection)
        self._require(signature == b"GCOL", "a layer's name is missing")
        place, end = collection + 16, collection + size
        while place + 16 <= end:
            index, size = self._fields("<H6xQ", place)
            if index == wanted:
                self._require(length <= min(size, _LONGEST_NAME), "a layer's name is too long")
                return self._decoded(self._bytes(place + 16, length))
            place += 16 + _padded(size)
        raise WeightFileError("a layer's name is missing")

    def array(self, dataset: int) -> np.ndarray:
        """A float32 array, as a view of the content."""
        found = dict(self._messages(dataset, {_DATASPACE, _DATATYPE, _LAYOUT}))
        self._require(len(found) == 3, "an array lacks its shape, type or place")
        version, rank = self._fields("<BB", found[_DATASPACE])
        self._require(version == 1 and rank <= _MOST_DIMENSIONS, "an array has an unknown shape")
        shape = self._fields(f"<{rank}Q", found[_DATASPACE] + 8)
        kind = self._bytes(found[_DATATYPE], len(_FLOAT32))
        self._require(kind == _FLOAT32, f"the array of shape {shape} is not float32")
        version, layout, start, size = self._fields("<BBQQ", found[_LAYOUT])
        self._require((version, layout) == (3, 1), "an array is not stored in one piece")
        count = math.prod(shape)
        self._require(size == 4 * count, f"the array of shape {shape} has {size} bytes")
        self._require(start + size <= len(self._content), "an array lies outside of the file")
        self._unclaimed -= size
        self._require(self._unclaimed >= 0, "its arrays are together larger than the file")
        return np.frombuffer(self._content, "<f4", count, start).reshape(shape)

    def _symbols(self, tree: int) -> Iterator[tuple[int, int, int]]:
        nodes = [tree]
        for node in nodes:
            signature, kind, level, used = self._fields("<4sBBH", node)
            self._require(signature == b"TREE" and kind == 0, "a group lacks its members")
            children = [self._fields("<Q", node + 32 + 16 * n)[0] for n in range(used)]
            if level:
                nodes += children
                continue
            for child in children:
                signature, count = self._fields("<4s2xH", child)
                self._require(signature == b"SNOD", "a group lacks its members")
                for number in range(count):
                    yield self._fields("<QQI", child + 8 + 40 * number)

    def _message(self, header: int, wanted: int, others: set[int]) -> int:
        known = {wanted, *others}
        found = [position for kind, position in self._messages(header, known) if kind == wanted]
        self._require(len(found) == 1, "a group lacks its members or its name")
        return found[0]

    def _messages(self, header: int, known: set[int]) -> Iterator[tuple[int, int]]:
        version, count, size = self._fields("<BxH4xI", header)
        self._require(version == 1, "it has a structure of another version of the format")
        blocks = [(header + 16, size)]
        for position, size in blocks:
            end = position + size
            while position + 8 <= end and count:
                kind, length, flags = self._fields("<HHB3x", position)
                if kind == _CONTINUATION:
                    blocks.append(self._fields("<QQ", position + 8))
                elif kind not in _IGNORED:
                    self._require(kind not in _REFUSED, f"it has {_REFUSED.get(kind)}")
                    self._require(kind in known and not flags & 2, "it holds unknown structures")
                    yield kind, position + 8
                position += 8 + length
                count -= 1

    def _fields(self, layout: str, position: int) -> tuple:
        return struct.unpack(layout, self._bytes(position, struct.calcsize(layout)))

    def _text(self, position: int, most: int) -> str:
        end = self._content.find(b"\0", position, position + most)
        self._require(end >= 0, "a name has no end")
        return self._decoded(self._bytes(position, end - position))

    def _bytes(self, position: int, size: int) -> bytes:
        self._allowance -= size
        self._require(self._allowance >= 0, "its structures lead in circles")
        self._require(position + size <= len(self._content), "it points outside of itself")
        return self._content[position : position + size]

    @staticmethod
    def _decoded(name: bytes) -> str:
        try:
            return name.decode()
        except UnicodeDecodeError as error:
            raise WeightFileError("a name is no text") from error

    @staticmethod
    def _require(condition: bool, problem: str) -> None:
        if not condition:
            raise WeightFileError(problem)


def _padded(size: int) -> int:
    return -(-size // 8) * 8
