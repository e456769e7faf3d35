"""How the threads and children of a process share a queue: each call has one opening of its own."""

import contextlib
import ctypes
import os
import threading
import weakref

from ccd._error import Closed
from ccd._library import check, library

_uses = {"put": 0, "get": 1, "both": 2}

_DAEMON_TIMEOUT_NS = 30_000_000_000


class Daemon:
    """A connection, kept for all queues of a socket. Any thread."""

    _lock = threading.Lock()
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
        cls._lock = threading.Lock()
        cls._kept = {}


class Attachments:
    """Openings of one queue: as many as there ever were calls at once."""

    _all = weakref.WeakSet()

    def __init__(self, name, use, socket):
        if use not in _uses:
            raise ValueError(f"use must be one of {', '.join(_uses)}, not {use!r}")
        self.name = name
        self.use = use
        self.socket = socket
        self._lock = threading.Lock()
        self._idle = []
        self._is_closed = False
        Attachments._all.add(self)

    @contextlib.contextmanager
    def one(self):
        """One that nobody else uses meanwhile."""
        attachment = self._take()
        try:
            yield attachment
        finally:
            self._put_back(attachment)

    def close(self):
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for attachment in idle:
            library.ccd_queue_close(attachment)

    def _take(self):
        with self._lock:
            if self._is_closed:
                raise Closed(f"queue '{self.name}' is closed")
            if self._idle:
                return self._idle.pop()
        attachment = ctypes.c_void_p()
        daemon = Daemon.of(self.socket)
        name = self.name.encode()
        use = _uses[self.use]
        check(library.ccd_queue_open(daemon.handle, name, use, ctypes.byref(attachment)))
        return attachment

    def _put_back(self, attachment):
        with self._lock:
            if not self._is_closed:
                self._idle.append(attachment)
                return
        library.ccd_queue_close(attachment)

    def _forget(self):
        # The parent's, and of no use to a child, which opens the queue when it needs it.
        self._lock = threading.Lock()
        for attachment in self._idle:
            library.ccd_queue_close(attachment)
        self._idle = []

    @classmethod
    def forget_all(cls):
        for attachments in list(cls._all):
            attachments._forget()


def _after_fork():
    Daemon.forget()
    Attachments.forget_all()


os.register_at_fork(after_in_child=_after_fork)
