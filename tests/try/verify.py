"""Checks what try.sh has recorded: every job once, every exit code, no card ever over its slots.

usage: verify.py DIRECTORY READER_PID; the reader is still writing DIRECTORY/events.
"""
import json
import os
import sys

SLOTS = {"training": 1, "inference": 3}
FINAL = {"succeeded", "failed", "cancelled", "timed-out", "lost"}


def events_until(path, last, reader):
    """Yields the events of a file that grows, until one for each of `last` jobs was final."""
    finished, rest = set(), ""
    with open(path) as stream:
        while finished != last:
            rest += stream.readline()
            if not rest.endswith("\n"):
                os.kill(reader, 0)  # raises when nobody writes any more
                continue
            event, rest = json.loads(rest), ""
            if event["job"] is None:
                continue
            if event["to"] in FINAL:
                finished.add(event["job"])
            yield event


def main(directory, reader):
    jobs = {job["id"]: job for job in json.load(open(f"{directory}/jobs.json"))["jobs"]}
    load = [line.split("\t") for line in open(f"{directory}/load")]
    expected = {name: int(code) for name, _, _, code, _ in load}
    found = {job["name"]: job["exit_code"] for job in jobs.values()}
    assert len(jobs) == len(load), f"{len(jobs)} jobs for {len(load)} submits"
    assert found == expected, f"wrong exit codes: {found} is not {expected}"

    on_card, started, ended, most, seq = {}, {}, {}, {}, 0
    for event in events_until(f"{directory}/events", set(jobs), reader):
        assert event["seq"] == seq + 1, f"event {event['seq']} follows {seq}"
        seq, job = event["seq"], jobs[event["job"]]
        slots = [(card, job["class"]) for card in job["gpus"]]
        if event["to"] == "starting":
            started[job["id"]] = started.get(job["id"], 0) + 1
            for slot in slots:
                on_card.setdefault(slot, set()).add(job["id"])
        elif event["to"] in FINAL:
            ended[job["id"]] = ended.get(job["id"], 0) + 1
            for slot in slots:
                on_card[slot].remove(job["id"])
        for (card, job_class), there in on_card.items():
            most[card, job_class] = max(most.get((card, job_class), 0), len(there))
            assert len(there) <= SLOTS[job_class], f"{card}: {job_class} jobs {sorted(there)}"
    assert set(started.values()) == {1}, f"started more than once: {started}"
    assert set(ended.values()) == {1}, f"ended more than once: {ended}"
    assert set(started) == set(ended) == set(jobs)
    for (card, job_class), count in sorted(most.items()):
        print(f"{card}: at most {count} {job_class} at once")
    print(f"{len(jobs)} jobs, each started once and ended once; {seq} events without a gap")


main(sys.argv[1], int(sys.argv[2]))
