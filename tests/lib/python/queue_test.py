#!/usr/bin/env python3
"""What the module `ccd` does without a daemon."""

import ctypes
import pickle
import queue
import threading
import unittest

import ccd
from ccd import _library, _queue

NOWHERE = "/nonexistent/ccd.sock"


class Arguments(unittest.TestCase):
    def test_without_a_daemon_the_error_says_where_it_was_looked_for(self):
        with self.assertRaises(ccd.Error) as raised:
            ccd.Queue("frames", socket=NOWHERE)
        self.assertEqual(raised.exception.code, "unreachable")
        self.assertIn(NOWHERE, str(raised.exception))

    def test_what_is_none_of_the_choices_is_refused_before_anybody_is_asked(self):
        with self.assertRaisesRegex(ValueError, "use must be one of put, get, both"):
            ccd.Queue("frames", use="read", socket=NOWHERE)
        for wrong in ({"when_full": "wait"}, {"on_consumer_death": "keep"}, {"capacity": 0}):
            shape = {"capacity": 1, "message_size": 1} | wrong
            with self.assertRaises(ValueError):
                ccd.Shape(**shape)._as_c()
        with self.assertRaises(TypeError):
            ccd.Queue("frames", create={"capacity": 1}, socket=NOWHERE)

    def test_full_and_empty_are_those_of_the_standard_library(self):
        self.assertIs(ccd.Full, queue.Full)
        self.assertIs(ccd.Empty, queue.Empty)

    def test_a_closed_queue_is_an_error_too_and_errors_can_be_pickled(self):
        self.assertTrue(issubclass(ccd.Closed, ccd.Error))
        for error in (ccd.Error("no queue 'x'", "not-found"), ccd.Closed("gone")):
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((str(again), again.code), (str(error), error.code))


class Bytes(unittest.TestCase):
    """What is put is passed by its address."""

    def seen(self, item):
        data, size = _queue._bytes_of(item)
        return ctypes.string_at(ctypes.cast(data, ctypes.c_void_p), size)

    def test_all_that_is_like_bytes_is_taken_as_it_is(self):
        text = b"with\0zeros"
        for item in (text, bytearray(text), memoryview(text), memoryview(bytearray(text))):
            self.assertEqual(self.seen(item), text)
        self.assertEqual(self.seen(memoryview(b"a-b-c")[::2]), b"abc")
        self.assertEqual(self.seen(memoryview(bytearray(8)).cast("I")), bytes(8))
        for empty in (b"", bytearray(), memoryview(b"")):
            self.assertEqual(_queue._bytes_of(empty)[1], 0)

    def test_what_is_not_is_refused(self):
        for item in ("text", 7, None):
            with self.assertRaises(TypeError):
                _queue._bytes_of(item)


class Waiting(unittest.TestCase):
    def setUp(self):
        self.waits = []

    def never(self, wait_ns):
        self.waits.append(wait_ns)
        return _library.TIMEOUT

    def test_who_does_not_block_asks_once(self):
        self.assertEqual(_queue._wait(self.never, False, None), _library.TIMEOUT)
        self.assertEqual(_queue._wait(self.never, True, 0), _library.TIMEOUT)
        self.assertEqual(self.waits, [0, 0])

    def test_the_main_thread_comes_back_to_see_signals(self):
        answers = [_library.TIMEOUT, _library.TIMEOUT, _library.OK]

        def third_time(wait_ns):
            self.waits.append(wait_ns)
            return answers.pop(0)

        code = _queue._wait(third_time, True, None)
        self.assertEqual(code, _library.OK)
        self.assertEqual(self.waits, [_queue._LOOK_NS] * 3)

    def test_other_threads_wait_in_one_call(self):
        for timeout, wait_ns in ((None, -1), (1.5, 1_500_000_000), (1e300, -1)):
            thread = threading.Thread(target=_queue._wait, args=(self.never, True, timeout))
            thread.start()
            thread.join()
            self.assertEqual(self.waits.pop(), wait_ns)

    def test_a_time_before_now_is_refused(self):
        with self.assertRaises(ValueError):
            _queue._wait(self.never, True, -1)


if __name__ == "__main__":
    unittest.main()
