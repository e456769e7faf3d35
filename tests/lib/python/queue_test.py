#!/usr/bin/env python3
"""The module `ccd`, beside a daemon whose socket is the argument; without one: what needs none."""

import ctypes
import multiprocessing
import os
import pickle
import queue
import select
import threading
import unittest

import ccd
from beside import SECONDS, SOCKET, Beside
from ccd import _library, _queue

NOWHERE = "/nonexistent/ccd.sock"


def links():
    """What of memories and connections this process has open."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:
            pass  # of the listing itself
    return sorted(link for link in found if link.startswith(("socket:", "/memfd:")))


FOREIGN = links()


class Arguments(unittest.TestCase):
    def test_without_a_daemon_the_error_says_where_it_was_looked_for(self):
        with self.assertRaises(ccd.Error) as raised:
            ccd.Queue("frames", socket=NOWHERE)
        self.assertEqual(raised.exception.code, "unreachable")
        self.assertIn(NOWHERE, str(raised.exception))

    def test_what_is_none_of_the_choices_is_refused_before_anybody_is_asked(self):
        with self.assertRaisesRegex(ValueError, "use must be one of put, get, both"):
            ccd.Queue("frames", use="read", socket=NOWHERE)
        for wrong in (
            {"when_full": "wait"},
            {"on_consumer_death": "keep"},
            {"capacity": 0},
            {"mode": 0},
            {"mode": 0o1777},
        ):
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
        large = text * _queue._COPIED
        for item in (large, bytearray(large), memoryview(bytearray(large))[1:]):
            self.assertEqual(self.seen(item), bytes(item))
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


class Messages(Beside):
    def test_they_come_in_order_and_no_more_than_there_is_room_for(self):
        numbers = self.queue(capacity=2)
        numbers.put(b"1")
        numbers.put(b"2", timeout=SECONDS)
        self.assertTrue(numbers.full())
        with self.assertRaises(ccd.Full):
            numbers.put_nowait(b"3")
        with self.assertRaises(ccd.Full):
            numbers.put(b"3", timeout=0.01)
        self.assertEqual(self.rest(numbers), [b"1", b"2"])
        self.assertTrue(numbers.empty())
        with self.assertRaises(ccd.Empty):
            numbers.get(timeout=0.01)

    def test_what_is_too_long_is_refused(self):
        with self.assertRaisesRegex(ccd.Error, "100") as raised:
            self.queue().put(bytes(101))
        self.assertEqual(raised.exception.code, "bad-request")

    def test_objects_come_as_they_were(self):
        objects = self.queue(message_size=1000, objects=True)
        things = [None, {"a": [1, 2.5]}, "text", ccd.Shape(1, 2)]
        for thing in things:
            objects.put(thing)
        self.assertEqual(self.rest(objects), things)
        self.assertEqual(objects.put_many(things), len(things))
        with objects.peek() as message:
            self.assertIsNone(message.item)
        self.assertEqual(objects.get_many(10), things[1:])

    def test_what_is_no_object_stays_and_can_be_seen(self):
        self.queue().put(b"no pickle")
        objects = ccd.Queue(self.id(), objects=True, socket=SOCKET)
        with self.assertRaises(pickle.UnpicklingError):
            objects.get_nowait()
        with objects.peek(block=False) as message:
            self.assertEqual(message.bytes, b"no pickle")
        self.assertTrue(objects.empty())

    def test_batches_take_what_fits_and_give_what_is_there(self):
        batch = self.queue(capacity=3)
        self.assertEqual(batch.put_many([]), 0)
        self.assertEqual(batch.put_many([b"a", bytearray(b"b"), b"", b"c"], block=False), 3)
        with self.assertRaises(ccd.Full):
            batch.put_many([b"c"], timeout=0.01)
        self.assertEqual(batch.get_many(2), [b"a", b"b"])
        self.assertEqual(batch.get_many(10, timeout=SECONDS), [b""])
        with self.assertRaises(ccd.Empty):
            batch.get_many(10, block=False)
        for wrong in (lambda: batch.get_many(0), lambda: batch.put_many("text")):
            with self.assertRaises((TypeError, ValueError)):
                wrong()

    def test_a_batch_goes_on_as_there_is_room(self):
        line = self.queue(capacity=2)
        items = [b"%d" % number for number in range(1000)]
        other = threading.Thread(target=line.put_many, args=(items,))
        other.start()
        got = []
        while len(got) < len(items):
            got += line.get_many(7, timeout=SECONDS)
        other.join()
        self.assertEqual(got, items)

    def test_who_gets_only_cannot_put(self):
        self.queue()
        with self.assertRaises(ccd.Error) as raised:
            ccd.Queue(self.id(), use="get", socket=SOCKET).put(b"x")
        self.assertEqual(raised.exception.code, "denied")


class Endings(Beside):
    def test_a_destroyed_one_gives_the_rest_and_is_closed(self):
        line = self.queue()
        line.put_many([b"1", b"2"])
        line.destroy()
        with self.assertRaises(ccd.Closed):
            line.put(b"3")
        self.assertEqual(list(line), [b"1", b"2"])
        with self.assertRaises(ccd.Closed):
            line.get()

    def test_an_iteration_ends_for_who_waits_when_it_is_destroyed(self):
        line = self.queue()
        got = []
        other = threading.Thread(target=lambda: got.extend(line))
        other.start()
        line.put(b"1")
        while not line.empty():
            pass
        line.destroy()
        other.join()
        self.assertEqual(got, [b"1"])

    def test_who_closed_it_cannot_use_it_and_others_can(self):
        with self.queue() as line:
            same = pickle.loads(pickle.dumps(line))
        for use in (line.get_nowait, line.qsize, line.fileno, line.arm, lambda: line.put(b"x")):
            with self.assertRaises(ccd.Closed):
                use()
        self.assertEqual(list(line), [])
        same.put(b"x")
        self.assertEqual(same.get(), b"x")

    def test_one_that_is_closed_in_a_peek_is_done_with_it_after(self):
        line = self.queue()
        same = pickle.loads(pickle.dumps(line))
        line.put_many([b"1", b"2"])
        with line.peek():
            line.close()
        self.assertEqual(same.get_many(9), [b"2"])


class Peeks(Beside):
    def test_what_raises_in_its_block_is_delivered_again_behind_the_others(self):
        line = self.queue()
        line.put_many([b"1", b"2"])
        with self.assertRaises(ZeroDivisionError):
            with line.peek() as message:
                self.assertEqual((message.bytes, message.deliveries), (b"1", 0))
                self.assertEqual(line.qsize(), 1)
                raise ZeroDivisionError
        self.assertEqual(line.get(), b"2")
        with line.peek() as message:
            self.assertEqual((message.bytes, message.item, message.deliveries), (b"1", b"1", 1))
        self.assertTrue(line.empty())

    def test_there_may_be_several_at_once(self):
        line = self.queue()
        line.put_many([b"1", b"2", b"3"])
        with line.peek() as first, line.peek() as second:
            self.assertEqual((first.bytes, second.bytes, line.get()), (b"1", b"2", b"3"))
        self.assertTrue(line.empty())

    def test_there_is_nothing_to_see_in_an_empty_one(self):
        line = self.queue()
        for peek in (line.peek(block=False), line.peek(timeout=0.01)):
            with self.assertRaises(ccd.Empty):
                with peek:
                    self.fail("it was empty")


class Polling(Beside):
    def test_a_descriptor_says_that_there_is_a_message(self):
        line = self.queue()
        line.arm()
        self.assertEqual(select.select([line], [], [], 0)[0], [])
        line.put(b"1")
        self.assertEqual(select.select([line], [], [], SECONDS)[0], [line])
        line.arm()
        self.assertEqual(select.select([line], [], [], 0)[0], [line])
        self.assertEqual(self.rest(line), [b"1"])
        self.assertEqual(line.fileno(), line.fileno())

    def test_and_another_that_there_is_room(self):
        line = self.queue(capacity=1)
        line.put(b"1")
        room = line.fileno("put")
        line.arm("put")
        self.assertEqual(select.select([room], [], [], 0)[0], [])
        line.get()
        self.assertEqual(select.select([room], [], [], SECONDS)[0], [room])
        with self.assertRaises(ValueError):
            line.fileno("both")


class Threads(Beside):
    def test_what_many_put_many_get(self):
        line = self.queue(objects=True)
        each = 500
        got = []

        def produce(first):
            for number in range(first, first + each):
                line.put(number)

        def consume():
            for _ in range(each):
                got.append(line.get(timeout=SECONDS))

        threads = [threading.Thread(target=produce, args=(i * each,)) for i in range(4)]
        threads += [threading.Thread(target=consume) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(got), list(range(4 * each)))


def echo(questions, answers):
    answers.put(questions.get(timeout=SECONDS)[::-1])


class Processes(Beside):
    def in_a_child(self, act):
        """Whether `act` gives True there."""
        child = os.fork()
        if child == 0:
            code = 2
            try:
                code = 0 if act() else 1
            finally:
                os._exit(code)
        return os.waitpid(child, 0)[1] == 0

    def test_a_forked_child_uses_it_and_so_does_its_parent(self):
        line = self.queue()
        line.put(b"question")
        self.assertTrue(self.in_a_child(lambda: line.put(line.get()[::-1]) is None))
        self.assertEqual(line.get(timeout=SECONDS), b"noitseuq")

    def test_a_forked_child_keeps_nothing_of_its_parent_s(self):
        line = self.queue()
        line.put(b"1")
        line.fileno()
        with line.peek():
            self.assertNotEqual(links(), FOREIGN)
            self.assertTrue(self.in_a_child(lambda: links() == FOREIGN))

    def test_what_the_parent_peeked_is_not_the_child_s_to_settle(self):
        line = self.queue()
        line.put(b"1")
        peek = line.peek()
        with self.assertRaises(ZeroDivisionError):
            with peek:
                self.assertTrue(self.in_a_child(lambda: not peek.__exit__(None, None, None)))
                raise ZeroDivisionError
        self.assertEqual(self.rest(line), [b"1"])

    def test_a_spawned_one_gets_it_by_pickle(self):
        line = self.queue()
        other = multiprocessing.get_context("spawn").Process(target=echo, args=(line, line))
        line.put(b"question")
        other.start()
        other.join()
        self.assertEqual(other.exitcode, 0)
        self.assertEqual(line.get(timeout=SECONDS), b"noitseuq")


if __name__ == "__main__":
    unittest.main()
