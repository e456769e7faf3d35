#!/usr/bin/env python3
"""Explicit-state model of the parking of docs/queues.md: the futex word is read, then the waiter
counts himself; wake-one, but none where all who are counted are known to be awake; SIGKILL at any
step, death broadcast by the daemon. Looks for lost wake-ups.

  park_model.py                              six configurations, about a minute (the last is the big one)
  park_model.py PRODS CONS PER_PROD KILLS WANTED    one; a consumer takes at most so many
  MUT=MUTANT park_model.py ...               wrong on purpose, must print BUG:
      nobroadcast   nobody wakes all after a death
      lateseq       the futex word is read after the waiter has counted himself
      oldcohort     `all awake` holds for those too who come later
      anywoken      `all awake` is said when one of several was woken
Exit status 0 OK, 1 BUG, 2 INCOMPLETE (state cap). Plain python3, no packages.
"""
import sys, os, time
MUT = os.environ.get("MUT", "")
if MUT not in ("", "nobroadcast", "lateseq", "oldcohort", "anywoken"): sys.exit("unknown mutant " + MUT)
# Only whether a number read is still the current one matters, so that is what a state has:
# state: items, waiting, all_awake, procs, daemon, kills
# proc: (kind, alive, pc, n_left, loc); loc of P: (cohort is current, waiting when read),
#       of C: (word is current, epoch is current)
def aged(procs, kind, at):
    """What all of a kind have read into loc[at] is not current any more."""
    return tuple(q if q[0] != kind or len(q[4]) <= at or q[4][at] is None else q[:4] + (q[4][:at] + (False,) + q[4][at+1:],)
                 for q in procs)
def succ(st):
    items, wt, aw, procs, dm, k = st
    out = []
    def S(i, p, items=items, wt=wt, aw=aw, procs=procs):
        out.append((items, wt, aw, procs[:i] + (p,) + procs[i+1:], dm, k))
    for i, (kind, alive, pc, n, loc) in enumerate(procs):
        if alive is not True: continue
        if kind == 'P':
            done = (kind, True, 0, n-1, ())
            if pc == 0 and n: S(i, (kind, True, 1, n, ()), items=items+1)
            elif pc == 1: S(i, (kind, True, 2, n, (True, wt)) if wt > 0 else done)
            elif pc == 2: S(i, done if aw and loc[0] else (kind, True, 3, n, loc))
            elif pc == 3: S(i, (kind, True, 4, n, loc), procs=aged(procs, 'C', 0))
            elif pc == 4:
                sl = [j for j, q in enumerate(procs) if q[0] == 'C' and q[1] is True and q[2] == 'sleep']
                say = (kind, True, 5, n, loc)
                if not sl: S(i, say)
                for j in sl:
                    pr = procs[:j] + (procs[j][:2] + ('W5',) + procs[j][3:],) + procs[j+1:]
                    S(i, say if loc[1] == 1 or MUT == 'anywoken' else done, procs=pr)
            elif pc == 5: S(i, done, aw=loc[0])
        else:
            def C(pc2, n2=n, loc2=loc, **kw): S(i, (kind, True, pc2, n2, loc2), **kw)
            def register(loc2):
                if MUT == 'oldcohort': C('W3', n, loc2, wt=wt+1)
                else: C('W3', n, loc2, wt=wt+1, aw=False, procs=aged(procs, 'P', 0))
            if pc == 'W0':
                if n == 0: continue
                if items > 0: C('W0', n-1, (), items=items-1)
                else: C('W1', n, ())
            elif pc == 'W1' and MUT == 'lateseq': C('W2', n, ())
            elif pc == 'W1': C('W2', n, (True,))
            elif pc == 'W2' and MUT == 'lateseq': register((None, True))
            elif pc == 'W2': register((loc[0], True))
            elif pc == 'W3' and loc[0] is None: C('W3', n, (True, loc[1]))
            elif pc == 'W3': C('W5' if items > 0 else 'W4', n, loc)
            elif pc == 'W4': C('sleep' if loc[0] else 'W5', n, loc)
            elif pc == 'W5':
                if loc[1] and wt == 0: raise SystemExit("BUG negative waiter count")
                C('W0', n, (), wt=wt-1 if loc[1] else wt)
        if k > 0 and not (kind == 'P' and pc == 0 and n == 0) and \
           not (kind == 'C' and sum(1 for q in procs if q[0] == 'C' and q[1] is True) == 1):
            pr = procs[:i] + ((kind, False, 'x', 0, ()),) + procs[i+1:]
            out.append((items, wt, aw, pr, dm, k-1))
    if dm == 0:
        for i, p in enumerate(procs):
            if p[1] is False:
                pr = procs[:i] + ((p[0], 'gone') + p[2:],) + procs[i+1:]
                out.append((items, wt, aw, pr, 0 if MUT == 'nobroadcast' else 1, k))
    elif dm == 1: out.append((items, 0, False, aged(aged(procs, 'C', 1), 'P', 0), 2, k))
    elif dm == 2: out.append((items, wt, aw, aged(procs, 'C', 0), 3, k))
    elif dm == 3:
        pr = tuple(p[:2] + ('W5',) + p[3:] if p[0] == 'C' and p[1] is True and p[2] == 'sleep' else p for p in procs)
        out.append((items, wt, aw, pr, 0, k))
    return out
def run(np, nc, per, kills, wanted, lim=2000000):
    procs = tuple(('P', True, 0, per, ()) for _ in range(np)) + tuple(('C', True, 'W0', wanted, ()) for _ in range(nc))
    s0 = (0, 0, False, procs, 0, kills); seen = {s0}; st = [s0]; term = 0; t0 = time.time()
    while st:
        s = st.pop(); ns = succ(s)
        if not ns:
            term += 1
            if s[0] > 0 and any(p[0] == 'C' and p[1] is True and p[3] > 0 for p in s[3]):
                print("BUG lost wake-up:", s); return 1
        for x in ns:
            if x not in seen: seen.add(x); st.append(x)
        if len(seen) > lim: print("INCOMPLETE", len(seen)); return 2
    print("OK states=%d terminals=%d %.1fs" % (len(seen), term, time.time()-t0))
    return 0

if __name__ == '__main__':
    if len(sys.argv) not in (1, 6): sys.exit(__doc__)
    all_of_them = [(1,2,2,1,2), (1,2,2,0,1), (1,3,3,1,1), (2,2,1,1,2), (2,2,1,2,2), (1,3,2,1,2)]
    rc = 0
    for a in [tuple(map(int, sys.argv[1:]))] if len(sys.argv) == 6 else all_of_them:
        print(a, end=' ', flush=True); rc = max(rc, run(*a))
    sys.exit(rc)
