#!/usr/bin/env python3
"""No exception of a signal loses a message, beside a daemon whose socket is the argument."""

import signal
import sys
import threading
import unittest

import ccd
from beside import Beside


class Interrupted(BaseException):
    pass


class Signals(Beside):
    def interrupt(self, number, act):
        """Runs `act`, with an exception at the number-th moment at which Python looks for signals.

        That is where a function begins and where one that is written in C has ended. True: there
        was such a moment.
        """
        left = number

        def count(frame, event, _):
            nonlocal left
            # ctypes tells nothing of its functions: what returns from one at once does.
            is_moment = event in ("call", "c_return") or (
                event == "return" and frame.f_code.co_name == "<lambda>"
            )
            left -= is_moment
            if is_moment and left == 0:
                raise Interrupted

        sys.setprofile(count)
        try:
            act()
        except Interrupted:
            return True
        finally:
            sys.setprofile(None)
        return False

    def interrupt_everywhere(self, line, act):
        """How often it was, and what is left in line after."""
        number = 0
        line.put(number)
        while self.interrupt(number + 1, act):
            number += 1
            line.put(number)
        self.assertGreater(number, 5)
        return number, self.rest(line)

    def test_an_exception_in_a_get_loses_nothing_wherever_it_comes(self):
        for count in (1, 3):
            line = self.queue(objects=True, capacity=100)
            got = []
            number, left = self.interrupt_everywhere(
                line, lambda: got.extend(line.get_many(count, block=False))
            )
            self.assertEqual(sorted(got + left), list(range(number + 1)))

    def test_an_exception_in_a_peek_loses_nothing_wherever_it_comes(self):
        line = self.queue(objects=True, capacity=100)
        seen = []

        def see():
            with line.peek(block=False) as message:
                seen.append(message.item)

        number, left = self.interrupt_everywhere(line, see)
        # What was seen may come again: the exception came out of the block.
        self.assertEqual(set(seen + left), set(range(number + 1)))

    def test_signals_while_one_gets_lose_nothing(self):
        line = self.queue(objects=True)
        total = 1000
        got = []
        is_expected = False
        interrupted = 0

        def on_alarm(*_):
            if is_expected:
                raise Interrupted

        old = signal.signal(signal.SIGALRM, on_alarm)
        self.addCleanup(signal.signal, signal.SIGALRM, old)
        feeder = threading.Thread(target=lambda: [line.put(number) for number in range(total)])
        feeder.start()
        while feeder.is_alive() or not line.empty():
            try:
                is_expected = True
                signal.setitimer(signal.ITIMER_REAL, 1e-6 * (1 + (interrupted + len(got)) % 300))
                got.append(line.get(timeout=0.01))
                signal.setitimer(signal.ITIMER_REAL, 0)
                is_expected = False
            except (Interrupted, ccd.Empty) as error:
                is_expected = False
                interrupted += isinstance(error, Interrupted)
        feeder.join()
        self.assertEqual(sorted(got), list(range(total)))
        self.assertGreater(interrupted, 0)


if __name__ == "__main__":
    unittest.main()
