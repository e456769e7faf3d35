"""Queues between processes, of ccd, the concurrency control daemon.

    import ccd

    with ccd.Queue("frames", create=ccd.Shape(capacity=1024, message_size=65536)) as frames:
        frames.put(b"hello")
        data = frames.get(timeout=1)
        with frames.peek() as message:  # in line again, should this block raise
            work_on(message.bytes)

A Queue is used as a queue.Queue is, by any threads, and by processes that open it by its name, that
get it by pickle, or that are forked. Messages go through shared memory: the daemon is needed to
create, open, close and destroy.
"""

from ccd._error import Closed, Error
from ccd._queue import Empty, Full, Message, Queue, Shape

__all__ = ["Closed", "Empty", "Error", "Full", "Message", "Queue", "Shape"]
