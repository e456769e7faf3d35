"""A queue of the daemon's, shaped like queue.Queue."""

import ctypes
import dataclasses
import pickle
import threading
import time
from queue import Empty, Full

from ccd._attachments import Attachments, Daemon
from ccd._error import Closed
from ccd._library import (
    FOREVER,
    OK,
    OVER_LIMIT,
    TIMEOUT,
    Bytes,
    QueueShape,
    check,
    library,
)
from ccd._library import Message as CMessage

_when_full = {"block": 0, "fail": 1, "drop-oldest": 2}
_on_consumer_death = {"drop": 0, "redeliver": 1}
_events = {"get": 0, "put": 1}

# Up to so many bytes a copy costs less than to find out where they are.
_COPIED = 4096

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
        # C has a default for 0, which would let more people in than nobody.
        if not 0 < self.mode <= 0o777:
            raise ValueError(f"{self.mode:#o} is no mode of a queue that anybody may use")
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
        with self._attachments.take() as attachment:
            self.maxsize = library.ccd_queue_capacity(attachment.handle)
            self.message_size = library.ccd_queue_message_size(attachment.handle)

    @property
    def name(self):
        return self._attachments.name

    def put(self, item, block=True, timeout=None):
        data, size = _bytes_of(pickle.dumps(item, -1) if self._objects else item)
        with self._attachments.take() as attachment:
            code = _wait(
                lambda wait_ns: library.ccd_queue_put(attachment.handle, data, size, wait_ns),
                block,
                timeout,
            )
        if code in (TIMEOUT, OVER_LIMIT):
            raise Full
        check(code)

    def put_many(self, items, block=True, timeout=None):
        """How many were put: all, or as many as could be within the time; Full if that is none."""
        if self._objects:
            texts = [pickle.dumps(item, -1) for item in items]
        else:
            texts = [memoryview(item).tobytes() for item in items]
        messages = (Bytes * len(texts))(*((text, len(text)) for text in texts))
        put = ctypes.c_size_t()
        done = 0

        def put_rest(wait_ns):
            nonlocal done
            rest = ctypes.pointer(messages[done]) if done < len(texts) else None
            count = len(texts) - done
            code = library.ccd_queue_put_many(attachment.handle, rest, count, put, wait_ns)
            if code != OK:
                return code
            done += put.value
            return OK if done == len(texts) else TIMEOUT

        with self._attachments.take() as attachment:
            code = _wait(put_rest, block, timeout)
        if done > 0:
            return done
        if code in (TIMEOUT, OVER_LIMIT):
            raise Full
        check(code)
        return 0

    def get(self, block=True, timeout=None):
        return self.get_many(1, block, timeout)[0]

    def get_many(self, count, block=True, timeout=None):
        """A list of up to `count`: waits for the first only, and takes what is there.

        It comes to the caller, or all of it is put in line again: also what cannot be unpickled,
        whose bytes `peek` gives.
        """
        if count < 1:
            raise ValueError("'count' must be a positive number")
        attachment = self._attachments.take()
        try:
            messages = self._wait_for_message(attachment, block, timeout)
            while len(messages) < count:
                messages.append(CMessage())
                if library.ccd_queue_peek(attachment.handle, messages[-1], 0) != OK:
                    messages.pop()
                    break
            items = [ctypes.string_at(message.data, message.size) for message in messages]
            if self._objects:
                items = [pickle.loads(item) for item in items]
            for _ in attachment.settled():
                if self._attachments.is_closed:
                    self._attachments.close()
                return items
        except BaseException:
            attachment.give_back()
            raise

    def peek(self, block=True, timeout=None):
        """For a `with` block, which has the message for itself.

            with queue.peek(timeout=1) as message:
                work_on(message.bytes)

        It is out of the queue when the block ends well, and at the end of the line again when an
        exception comes out of it. If this process dies meanwhile, the queue's `on_consumer_death`
        says what becomes of it.
        """
        return _Peek(self, block, timeout)

    def put_nowait(self, item):
        self.put(item, block=False)

    def get_nowait(self):
        return self.get(block=False)

    def qsize(self):
        """Messages in line, about: others put and get meanwhile."""
        depth = ctypes.c_uint64()
        with self._attachments.take() as attachment:
            check(library.ccd_queue_depth(attachment.handle, ctypes.byref(depth)))
        return depth.value

    def empty(self):
        return self.qsize() == 0

    def full(self):
        return self.qsize() >= self.maxsize

    def fileno(self, event="get"):
        """A descriptor that is readable when one may go on getting (or putting), once it is armed.

        To be polled for reading and for nothing else, until the queue is closed:

            queue.arm()
            select.select([queue], [], [])
            while ...:
                queue.get_nowait()
        """
        number = _number(_events, "event", event)
        descriptor = library.ccd_queue_fd(self._attachments.polled().handle, number)
        if descriptor < 0:
            check(descriptor)
        return descriptor

    def arm(self, event="get"):
        """Before each poll. What is there already makes the descriptor readable at once."""
        number = _number(_events, "event", event)
        with self._attachments.take() as attachment:
            check(library.ccd_queue_arm(attachment.handle, number))

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

    def _wait_for_message(self, attachment, block, timeout):
        """All that the attachment has, which is one."""
        message = CMessage()
        attachment.messages = messages = [message]
        code = _wait(
            lambda wait_ns: library.ccd_queue_peek(attachment.handle, message, wait_ns),
            block,
            timeout,
        )
        if code == TIMEOUT:
            raise Empty
        check(code)
        return messages


class Message:
    """What `peek` gives.

    bytes       as they were put
    deliveries  how often it was given to somebody before, who died or gave it back
    item        what `get` would give: the bytes, or the object
    """

    def __init__(self, data, deliveries, objects):
        self.bytes = data
        self.deliveries = deliveries
        self._objects = objects

    @property
    def item(self):
        return pickle.loads(self.bytes) if self._objects else self.bytes

    def __repr__(self):
        return f"ccd.Message({self.bytes!r}, deliveries={self.deliveries})"


class _Peek:
    def __init__(self, queue, block, timeout):
        self._queue = queue
        self._wait = block, timeout

    def __enter__(self):
        queue = self._queue
        self._attachment = attachment = queue._attachments.take()
        try:
            (message,) = queue._wait_for_message(attachment, *self._wait)
            data = ctypes.string_at(message.data, message.size)
            return Message(data, message.deliveries, queue._objects)
        except BaseException:
            attachment.give_back()
            raise

    def __exit__(self, kind, *_):
        attachment = self._attachment
        self._attachment = None
        try:
            if kind is None:
                for _ in attachment.settled():
                    if self._queue._attachments.is_closed:
                        self._queue._attachments.close()
                    return
        except BaseException:
            attachment.give_back()
            raise
        attachment.give_back()


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
    if view.readonly or not view.c_contiguous or view.nbytes <= _COPIED:
        return view.tobytes(), view.nbytes
    return ctypes.byref(ctypes.c_char.from_buffer(view)), view.nbytes


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
