"""How the threads and children of a process share a queue: each call has one opening of its own.

No exception of a signal may lose a message, wherever it comes. So an opening knows what it has, and
whoever drops it, gives it back or is interrupted meanwhile leaves the rest to the next of these:
`settled`, `give_back`, and the end of the object.
"""

import ctypes
import itertools
import os
import threading
import weakref

from ccd._error import Closed
from ccd._library import OK, check, library

_uses = {"put": 0, "get": 1, "both": 2}

_DAEMON_TIMEOUT_NS = 30_000_000_000


class Daemon:
    """A connection, kept for all queues of a socket. Any thread."""

    # A handler of a signal may come to it again.
    _lock = threading.RLock()
    _kept = {}

    def __init__(self, socket):
        self.handle = ctypes.c_void_p()
        path = None if socket is None else os.fsencode(socket)
        check(library.ccd_connect(path, _DAEMON_TIMEOUT_NS, ctypes.byref(self.handle)))

    @classmethod
    def of(cls, socket):
        with cls._lock:
            if socket not in cls._kept:
                cls._kept[socket] = cls(socket)
            return cls._kept[socket]

    @classmethod
    def forget(cls):
        # The parent's threads may hold what no thread of the child will give back.
        cls._lock = threading.RLock()
        kept, cls._kept = cls._kept, {}
        for daemon in kept.values():
            library.ccd_close(daemon.handle)


class Attachment:
    """One opening, and the messages that it has. Whoever took it has it alone."""

    _all = weakref.WeakSet()

    handle = None
    messages = ()

    def __init__(self, owner):
        self._owner = owner
        handle = ctypes.c_void_p()
        self.handle = handle  # from now on it is closed, whatever comes
        Attachment._all.add(self)
        daemon = Daemon.of(owner.socket)
        name = owner.name.encode()
        check(library.ccd_queue_open(daemon.handle, name, _uses[owner.use], ctypes.byref(handle)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.give_back()

    def __del__(self):
        self._return_messages()
        self.close()

    def settled(self):
        """An iterator whose one step acknowledges the messages and gives this back.

        CPython (from 3.11 on) looks for signals after each call and each round of a loop, but not
        between a step and a `return` in the loop: what was acknowledged does come to the caller.
        """
        codes = map(library.ccd_queue_ack, itertools.repeat(self.handle), self.messages)
        return zip(map(list, (codes,)), map(self._owner.idle.append, (self,)))

    def give_back(self):
        """What it has is put in line again. Where that is refused, closing settles it."""
        if self._return_messages():
            self._owner.keep(self)
        else:
            self.close()

    def close(self):
        handle, self.handle = self.handle, None
        library.ccd_queue_close(handle)

    def _return_messages(self):
        if not self.messages:
            return True
        # Without data it never came.
        codes = [library.ccd_queue_nack(self.handle, each) for each in self.messages if each.data]
        self.messages = ()
        return all(code == OK for code in codes)

    @classmethod
    def forget_all(cls):
        for attachment in list(cls._all):
            attachment.close()


class Attachments:
    """Openings of one queue: as many as there ever were calls at once.

    Without a lock: a handler of a signal may use the queue while it is used.
    """

    def __init__(self, name, use, socket):
        if use not in _uses:
            raise ValueError(f"use must be one of {', '.join(_uses)}, not {use!r}")
        self.name = name
        self.use = use
        self.socket = socket
        self.is_closed = False
        self.idle = []
        self._polled = []

    def take(self):
        """One that nobody else uses meanwhile."""
        if self.is_closed:
            raise Closed(f"queue '{self.name}' is closed")
        while self.idle:
            try:
                attachment = self.idle.pop()
            except IndexError:
                break  # another thread was faster
            # None: the parent's, and of no use to a child.
            if attachment.handle:
                attachment.messages = ()
                return attachment
        return Attachment(self)

    def polled(self):
        """The one whose descriptors are polled, which nobody closes before the queue."""
        # Two threads may add one each at once; both have the first.
        while True:
            for attachment in self._polled:
                if attachment.handle:
                    return attachment
            self._polled.append(self.take())

    def keep(self, attachment):
        self.idle.append(attachment)
        if self.is_closed:
            self.close()

    def close(self):
        self.is_closed = True
        for attachments in (self.idle, self._polled):
            while attachments:
                try:
                    attachments.pop().close()
                except IndexError:
                    break  # another thread was faster


def _after_fork():
    # All are to be closed in the child too, which opens what it needs.
    Attachment.forget_all()
    Daemon.forget()


os.register_at_fork(after_in_child=_after_fork)
