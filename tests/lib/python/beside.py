"""What the tests share that are run beside a daemon, whose socket is their argument."""

import sys
import unittest

import ccd

SOCKET = sys.argv.pop(1) if sys.argv[1:] and sys.argv[1].startswith("/") else None
SECONDS = 60  # of what should come at once


@unittest.skipUnless(SOCKET, "no daemon")
class Beside(unittest.TestCase):
    """A daemon. The queue of a test has its name."""

    def queue(self, capacity=16, message_size=100, *, objects=False, **more):
        shape = ccd.Shape(capacity, message_size, **more)
        made = ccd.Queue(self.id(), create=shape, objects=objects, socket=SOCKET)
        self.addCleanup(self.destroy)
        return made

    def destroy(self):
        try:
            with ccd.Queue(self.id(), socket=SOCKET) as left:
                left.destroy()
        except ccd.Error as error:
            self.assertEqual(error.code, "not-found")

    def rest(self, of):
        """All that is in it."""
        left = []
        while True:
            try:
                left.append(of.get_nowait())
            except ccd.Empty:
                return left
