"""Messages between processes: that the module works as it is installed."""

import multiprocessing
import pickle
import select
import sys

import ccd

SOCKET = sys.argv[1] if len(sys.argv) > 1 else None


def answer(questions, answers):
    for _ in range(100):
        answers.put(questions.get(timeout=30)[::-1])


def main():
    shape = ccd.Shape(capacity=16, message_size=100)
    questions = ccd.Queue("questions", create=shape, socket=SOCKET)
    answers = ccd.Queue("answers", create=shape, socket=SOCKET)
    other = multiprocessing.get_context("spawn").Process(target=answer, args=(questions, answers))
    other.start()
    for number in range(100):
        questions.put(b"question %d" % number, timeout=30)
        assert answers.get(timeout=30) == (b"question %d" % number)[::-1]
    other.join()
    assert other.exitcode == 0
    same = pickle.loads(pickle.dumps(questions))
    same.put_nowait(b"last")
    assert questions.qsize() == 1
    try:
        with questions.peek(timeout=30) as message:
            raise LookupError(message.bytes)
    except LookupError as error:
        assert error.args == (b"last",)
    with questions.peek(timeout=30) as message:
        assert (message.bytes, message.deliveries) == (b"last", 1)
    batch = [b"%d" % number for number in range(16)]
    assert questions.put_many(batch + [b"no room"], block=False) == 16
    questions.arm()
    assert select.select([questions], [], [], 30)[0] == [questions]
    assert questions.get_many(100, timeout=30) == batch
    try:
        questions.get_nowait()
        raise AssertionError("it was empty")
    except ccd.Empty:
        pass


if __name__ == "__main__":
    main()
