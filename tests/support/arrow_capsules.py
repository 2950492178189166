"""Arrow's C data interface by hand: what PyArrow, Polars and others hand over and take, as this
machine has none of them."""

import ctypes
import struct

import numpy as np


class ArrowSchema(ctypes.Structure):
    pass


class ArrowArray(ctypes.Structure):
    pass


class ArrowArrayStream(ctypes.Structure):
    pass


ReleaseSchema = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowSchema))
ReleaseArray = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArray))
ReleaseStream = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArrayStream))
GetSchema = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowArrayStream),
                             ctypes.POINTER(ArrowSchema))
GetNext = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowArrayStream),
                           ctypes.POINTER(ArrowArray))
GetError = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(ArrowArrayStream))

ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)), ("release", ReleaseSchema),
    ("private_data", ctypes.c_void_p)]
ArrowArray._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.POINTER(ArrowArray)), ("release", ReleaseArray),
    ("private_data", ctypes.c_void_p)]
ArrowArrayStream._fields_ = [
    ("get_schema", GetSchema), ("get_next", GetNext), ("get_last_error", GetError),
    ("release", ReleaseStream), ("private_data", ctypes.c_void_p)]

_new = ctypes.pythonapi.PyCapsule_New
_new.restype = ctypes.py_object
_new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_get = ctypes.pythonapi.PyCapsule_GetPointer
_get.restype = ctypes.c_void_p
_get.argtypes = [ctypes.py_object, ctypes.c_char_p]

_release_schema = ReleaseSchema(lambda schema: None)
_release_array = ReleaseArray(lambda array: None)
_kept = []  # What the structs point into; for ever, which tests can afford.


def _fill_schema(schema, format):
    ctypes.memset(ctypes.addressof(schema), 0, ctypes.sizeof(schema))
    schema.format = format
    schema.flags = 2
    schema.release = _release_schema


def _fill_array(array, texts, large, offset=0, length=None):
    """Strings with 32- or 64-bit offsets, None as NULL."""
    data = b"".join((text or "").encode() for text in texts)
    ends = np.cumsum([0] + [len((text or "").encode()) for text in texts])
    offsets = ends.astype(np.int64 if large else np.int32)
    bits = bytearray((len(texts) + 7) // 8 or 1)
    for i, text in enumerate(texts):
        bits[i // 8] |= (text is not None) << (i % 8)
    validity = ctypes.create_string_buffer(bytes(bits))
    content = ctypes.create_string_buffer(data)
    buffers = (ctypes.c_void_p * 3)(ctypes.addressof(validity), offsets.ctypes.data,
                                    ctypes.addressof(content))
    _kept.extend([validity, content, offsets, buffers])
    ctypes.memset(ctypes.addressof(array), 0, ctypes.sizeof(array))
    array.length = len(texts) if length is None else length
    array.null_count = sum(text is None for text in texts)
    array.offset = offset
    array.n_buffers = 3
    array.buffers = ctypes.cast(buffers, ctypes.POINTER(ctypes.c_void_p))
    array.release = _release_array


class _Array:
    def __init__(self, texts, large, offset, length, format):
        self._texts, self._large, self._offset, self._length = texts, large, offset, length
        self._format = format or (b"U" if large else b"u")

    def __arrow_c_array__(self, requested_schema=None):
        schema, array = ArrowSchema(), ArrowArray()
        _fill_schema(schema, self._format)
        _fill_array(array, self._texts, self._large, self._offset, self._length)
        _kept.extend([schema, array])
        return (_new(ctypes.addressof(schema), b"arrow_schema", None),
                _new(ctypes.addressof(array), b"arrow_array", None))


def array_of_texts(texts, large=False, offset=0, length=None, format=None):
    return _Array(texts, large, offset, length, format)


class _Stream:
    def __init__(self, chunks):
        self._chunks = chunks

    def __arrow_c_stream__(self, requested_schema=None):
        left = list(self._chunks)

        def get_schema(_, schema):
            _fill_schema(schema.contents, b"u")
            return 0

        def get_next(_, array):
            if left:
                _fill_array(array.contents, left.pop(0), False)
            else:
                ctypes.memset(ctypes.addressof(array.contents), 0, ctypes.sizeof(ArrowArray))
            return 0

        stream = ArrowArrayStream(GetSchema(get_schema), GetNext(get_next),
                                  GetError(lambda _: b""), ReleaseStream(lambda _: None), None)
        _kept.append(stream)
        return _new(ctypes.addressof(stream), b"arrow_array_stream", None)


def stream_of_texts(chunks):
    return _Stream(chunks)


def floats_of(source):
    """(format, length, matrix, its address) of fixed-size lists of floats, as consumers see it."""
    capsules = source if isinstance(source, tuple) else source.__arrow_c_array__()
    schema = ArrowSchema.from_address(_get(capsules[0], b"arrow_schema"))
    array = ArrowArray.from_address(_get(capsules[1], b"arrow_array"))
    assert schema.n_children == array.n_children == 1
    assert schema.children[0].contents.format == b"f"
    child = array.children[0].contents
    address = child.buffers[1]
    width = int(schema.format.split(b":")[1])
    assert child.length == array.length * width
    floats = struct.unpack(f"{child.length}f", ctypes.string_at(address, 4 * child.length))
    return (schema.format, array.length,
            np.array(floats, dtype=np.float32).reshape(array.length, width), address)
