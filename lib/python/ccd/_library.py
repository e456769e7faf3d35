"""libccd.so.0 by ctypes, as ccd/ccd.h has it. Calls let other threads run."""

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_uint, c_uint32, c_uint64, c_void_p

from ccd._error import Closed, Error

OK = 0
CONFLICT = -3
OVER_LIMIT = -5
TIMEOUT = -7
CLOSED = -10

FOREVER = -1


class QueueShape(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t),
        ("capacity", c_uint32),
        ("message_size", c_uint32),
        ("when_full", c_int),
        ("on_consumer_death", c_int),
        ("mode", c_uint),
        ("reserved", c_uint32),
    ]


class Message(ctypes.Structure):
    _fields_ = [
        ("data", c_void_p),
        ("size", c_size_t),
        ("deliveries", c_uint32),
        ("token", c_uint64),
    ]


class Bytes(ctypes.Structure):
    _fields_ = [
        ("data", c_char_p),  # which takes bytes as they are
        ("size", c_size_t),
    ]


# Results and arguments of each function that is used here.
_functions = {
    "ccd_error": (c_char_p, []),
    "ccd_strerror": (c_char_p, [c_int]),
    "ccd_connect": (c_int, [c_char_p, c_int64, POINTER(c_void_p)]),
    "ccd_close": (None, [c_void_p]),
    "ccd_queue_create": (c_int, [c_void_p, c_char_p, POINTER(QueueShape), POINTER(c_int)]),
    "ccd_queue_destroy": (c_int, [c_void_p, c_char_p]),
    "ccd_queue_open": (c_int, [c_void_p, c_char_p, c_int, POINTER(c_void_p)]),
    "ccd_queue_close": (None, [c_void_p]),
    "ccd_queue_capacity": (c_uint32, [c_void_p]),
    "ccd_queue_message_size": (c_uint32, [c_void_p]),
    "ccd_queue_depth": (c_int, [c_void_p, POINTER(c_uint64)]),
    "ccd_queue_put": (c_int, [c_void_p, c_void_p, c_size_t, c_int64]),
    "ccd_queue_peek": (c_int, [c_void_p, POINTER(Message), c_int64]),
    "ccd_queue_ack": (c_int, [c_void_p, POINTER(Message)]),
    "ccd_queue_nack": (c_int, [c_void_p, POINTER(Message)]),
    "ccd_queue_put_many": (
        c_int,
        [c_void_p, POINTER(Bytes), c_size_t, POINTER(c_size_t), c_int64],
    ),
    "ccd_queue_fd": (c_int, [c_void_p, c_int]),
    "ccd_queue_arm": (c_int, [c_void_p, c_int]),
}


def _load():
    loaded = ctypes.CDLL("libccd.so.0")
    for name, (result, arguments) in _functions.items():
        function = getattr(loaded, name)
        function.restype = result
        function.argtypes = arguments
    return loaded


library = _load()


def check(code):
    """Raises what the last call has to say, unless it went well."""
    if code == OK:
        return
    # The sentence is the thread's, and so is this call.
    message = library.ccd_error().decode(errors="replace")
    if code == CLOSED:
        raise Closed(message)
    raise Error(message, library.ccd_strerror(code).decode())
