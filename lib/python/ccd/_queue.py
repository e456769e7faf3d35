"""A queue of the daemon's, shaped like queue.Queue."""

import ctypes
import dataclasses
import pickle
import threading
import time
from queue import Empty, Full

from ccd._attachments import Attachments, Daemon
from ccd._error import Closed
from ccd._library import FOREVER, OVER_LIMIT, TIMEOUT, Message, QueueShape, check, library

_when_full = {"block": 0, "fail": 1, "drop-oldest": 2}
_on_consumer_death = {"drop": 0, "redeliver": 1}

# A call into the library lets no signal through: the main thread comes back so often to look.
_LOOK_NS = 200_000_000


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a queue is made with.

    capacity           messages that may be in line
    message_size       bytes of the largest message
    when_full          what a put does when there is no room: "block", "fail", "drop-oldest"
    on_consumer_death  what becomes of a message whose consumer dies: "drop", "redeliver"
    mode               who may use it, as of a file: r to get, w to put
    """

    capacity: int
    message_size: int
    when_full: str = "block"
    on_consumer_death: str = "drop"
    mode: int = 0o660

    def _as_c(self):
        for size in (self.capacity, self.message_size):
            if not 0 < size < 2**32:
                raise ValueError(f"{size} is no size of a queue")
        return QueueShape(
            ctypes.sizeof(QueueShape),
            self.capacity,
            self.message_size,
            _number(_when_full, "when_full", self.when_full),
            _number(_on_consumer_death, "on_consumer_death", self.on_consumer_death),
            self.mode,
        )


class Queue:
    """A queue by name.

    create   a Shape, or a dict of one: the queue is made if it is not there; another shape is a
             ccd.Error of the code "conflict"
    use      "put", "get" or "both": who only gets needs no right to put
    objects  False: messages are bytes. True: they are objects, pickled. Whoever may put can then
             have any code run by who gets, so all of them must trust each other.
    socket   path of the daemon's socket; None: where it is by rule

    put gives queue.Full and get gives queue.Empty when that is not possible within the time;
    ccd.Closed says that the queue was destroyed, or closed here; all else is a ccd.Error.
    """

    def __init__(self, name, *, create=None, use="both", objects=False, socket=None):
        self._attachments = Attachments(name, use, socket)
        self._objects = objects
        if create is not None:
            shape = create if isinstance(create, Shape) else Shape(**create)
            daemon = Daemon.of(socket)
            c_shape = ctypes.byref(shape._as_c())
            check(library.ccd_queue_create(daemon.handle, name.encode(), c_shape, None))
        with self._attachments.one() as attachment:
            self.maxsize = library.ccd_queue_capacity(attachment)
            self.message_size = library.ccd_queue_message_size(attachment)

    @property
    def name(self):
        return self._attachments.name

    def put(self, item, block=True, timeout=None):
        data, size = _bytes_of(pickle.dumps(item, -1) if self._objects else item)
        with self._attachments.one() as attachment:
            code = _wait(
                lambda wait_ns: library.ccd_queue_put(attachment, data, size, wait_ns),
                block,
                timeout,
            )
        if code in (TIMEOUT, OVER_LIMIT):
            raise Full
        check(code)

    def get(self, block=True, timeout=None):
        message = Message()
        with self._attachments.one() as attachment:
            code = _wait(
                lambda wait_ns: library.ccd_queue_peek(attachment, message, wait_ns),
                block,
                timeout,
            )
            if code == TIMEOUT:
                raise Empty
            check(code)
            try:
                data = ctypes.string_at(message.data, message.size)
            finally:
                library.ccd_queue_ack(attachment, message)
        return pickle.loads(data) if self._objects else data

    def put_nowait(self, item):
        self.put(item, block=False)

    def get_nowait(self):
        return self.get(block=False)

    def qsize(self):
        """Messages in line, about: others put and get meanwhile."""
        depth = ctypes.c_uint64()
        with self._attachments.one() as attachment:
            check(library.ccd_queue_depth(attachment, ctypes.byref(depth)))
        return depth.value

    def empty(self):
        return self.qsize() == 0

    def full(self):
        return self.qsize() >= self.maxsize

    def close(self):
        """For this process. Calls that wait in other threads go on waiting."""
        self._attachments.close()

    def destroy(self):
        """For all: what is in line may still be got."""
        daemon = Daemon.of(self._attachments.socket)
        check(library.ccd_queue_destroy(daemon.handle, self.name.encode()))

    def __iter__(self):
        """What comes, until the queue is destroyed or closed."""
        while True:
            try:
                yield self.get()
            except Closed:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        # Without attachments where the arguments were refused.
        if attachments := getattr(self, "_attachments", None):
            attachments.close()

    def __reduce__(self):
        attachments = self._attachments
        return _reopen, (self.name, attachments.use, self._objects, attachments.socket)

    def __repr__(self):
        return f"ccd.Queue({self.name!r})"


def _reopen(name, use, objects, socket):
    return Queue(name, use=use, objects=objects, socket=socket)


def _number(names, what, name):
    if name not in names:
        raise ValueError(f"{what} must be one of {', '.join(names)}, not {name!r}")
    return names[name]


def _bytes_of(item):
    """Something that ctypes passes as an address, and its size; without a copy where it can be."""
    if isinstance(item, bytes):
        return item, len(item)
    view = memoryview(item)
    if view.readonly or not view.c_contiguous:
        return view.tobytes(), view.nbytes
    return (ctypes.c_char * view.nbytes).from_buffer(view), view.nbytes


def _wait(call, block, timeout):
    """The code of `call`, which is told how many nanoseconds to wait."""
    if not block:
        return call(0)
    if timeout is not None and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")
    # Longer than a process lives is for ever.
    if timeout is None or timeout > 2**31:
        deadline = None
    else:
        deadline = time.monotonic_ns() + int(timeout * 1e9)
    if threading.current_thread() is not threading.main_thread():
        return call(FOREVER if deadline is None else int(timeout * 1e9))
    while True:
        left = _LOOK_NS if deadline is None else max(deadline - time.monotonic_ns(), 0)
        code = call(min(left, _LOOK_NS))
        if code != TIMEOUT or (deadline is not None and time.monotonic_ns() >= deadline):
            return code
