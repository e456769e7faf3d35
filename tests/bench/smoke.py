#!/usr/bin/env python3
"""Whether ccd-bench works, not how fast: smoke.py CCD_BENCH [CASE[/VARIANT]...]

Every line has a figure of ours. One that has none says why on standard error, and so do we.
"""
import json
import subprocess
import sys

KEYS = ["case", "variant", "peer", "ops_per_s", "p50_s", "p99_s", "peer_ops_per_s", "ratio",
        "value", "unit"]

program, *cases = sys.argv[1:]
ran = subprocess.run([program, *cases, "--seconds", "0.02", "--json"], capture_output=True,
                     text=True)
sys.stderr.write(ran.stderr)
notes = ran.stderr.splitlines()
faults = [] if ran.returncode == 0 else [f"exit code {ran.returncode}"]


def reason(name, told):
    """What is told of a variant, behind these words; nothing: it is not told."""
    begin = f"{name}: {told}"
    return next((note[len(begin):] for note in notes if note.startswith(begin)), None)


lines = [json.loads(line) for line in ran.stdout.splitlines()]
for line in lines:
    name = f"{line['case']}/{line['variant']}"
    if list(line) != KEYS:
        faults.append(f"{name}: its keys are {list(line)}")
    figure = line["ops_per_s"] if line["unit"] is None else line["value"]
    if not isinstance(figure, (int, float)) and reason(name, "not measured: ") is None:
        faults.append(f"{name}: no figure of ours, and no reason")
    elif figure is not None and line["peer"] and not isinstance(line["ratio"], (int, float)):
        if reason(name, f"{line['peer']}: ") is None:
            faults.append(f"{name}: no figure of '{line['peer']}', and no reason")
    if line["case"] == "rpc" and line["ratio"] is not None:
        if reason(name, "redis-benchmark ") is None and reason(name, "our client ") is None:
            faults.append(f"{name}: our client is not held against redis-benchmark")
for case in cases:
    if not any(case in (line["case"], f"{line['case']}/{line['variant']}") for line in lines):
        faults.append(f"{case}: no line")
if faults:
    sys.exit("\n".join(faults))
