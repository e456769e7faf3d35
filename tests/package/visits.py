"""Connects to ccd and asks it for its figures, again and again, until SIGTERM.

Prints a line once the first request is answered, and at the end: how many were answered, refused a
connection, and broken off after it; and the longest time between two answers, in milliseconds.
"""
import signal
import socket
import struct
import sys
import time

# Unlike a ping it waits until ccd is ready.
STATS = b"\x94\x00\x01\xaahost.stats\x80"
stopped = False


def stop(*_):
    global stopped
    stopped = True


def visit():
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        try:
            client.connect("/run/ccd/ccd.sock")
        except OSError:
            return "refused"
        try:
            client.sendall(struct.pack(">I", len(STATS)) + STATS)
            return "answered" if client.recv(4096) else "broken"
        except OSError:
            return "broken"


signal.signal(signal.SIGTERM, stop)
count = {"answered": 0, "refused": 0, "broken": 0}
last = time.monotonic()
gap = 0.0
while not stopped:
    came_to = visit()
    count[came_to] += 1
    if came_to != "answered":
        continue
    now = time.monotonic()
    if count["answered"] == 1:
        print("begun", flush=True)
    else:
        gap = max(gap, now - last)
    last = now
    time.sleep(0.001)
print(count["answered"], count["refused"], count["broken"], round(gap * 1000))
sys.exit(0)
