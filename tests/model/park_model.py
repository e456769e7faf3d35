#!/usr/bin/env python3
"""Explicit-state model of PCQ parking of docs/queues.md: epoch-fenced waiter count + futex seq word,
wake-one, SIGKILL at any step, death broadcast by the daemon. Looks for lost wake-ups.

  park_model.py                              four configurations, about 20 s and 0.5 GB (the last is the big one)
  park_model.py PRODS CONS PER_PROD KILLS    one; smallest: 1 2 2 1 (under 1 s)
  MUT=nobroadcast | noepochcheck park_model.py ...    wrong on purpose, must print BUG
Exit status 0 OK, 1 BUG, 2 INCOMPLETE (state cap). Plain python3, no packages.
"""
import sys, os, time
MUT = os.environ.get("MUT", "")
if MUT not in ("", "nobroadcast", "noepochcheck"): sys.exit("unknown mutant " + MUT)
# state: items, wait(epoch,count), seq, procs, daemon, kills
# proc: (kind, alive, pc, n_left, loc)
def succ(st):
    items, wt, seq, procs, dm, k = st
    out = []
    def S(i, p, items=items, wt=wt, seq=seq, procs=procs):
        return (items, wt, seq, procs[:i] + (p,) + procs[i+1:], dm, k)
    for i, (kind, alive, pc, n, loc) in enumerate(procs):
        if alive is not True: continue
        if kind == 'P':
            if pc == 0 and n: out.append(S(i, (kind, True, 1, n, ()), items=items+1))
            elif pc == 1:
                out.append(S(i, (kind, True, 2 if wt[1] > 0 else 0, n if wt[1] > 0 else n-1, ())))
            elif pc == 2: out.append(S(i, (kind, True, 3, n, ()), seq=seq+1))
            elif pc == 3:
                sl = [j for j, q in enumerate(procs) if q[0] == 'C' and q[1] is True and q[2] == 'sleep']
                me = (kind, True, 0, n-1, ())
                if not sl: out.append(S(i, me))
                for j in sl:
                    pr = procs[:j] + (procs[j][:2] + ('W5',) + procs[j][3:],) + procs[j+1:]
                    out.append((items, wt, seq, pr[:i] + (me,) + pr[i+1:], dm, k))
        else:
            def C(pc2, n2=n, loc2=loc, **kw): out.append(S(i, (kind, True, pc2, n2, loc2), **kw))
            if pc == 'W0':
                if n == 0: continue
                if items > 0: C('W0', n-1, (), items=items-1)
                else: C('W1', n, ())
            elif pc == 'W1': C('W2', n, (wt[0],), wt=(wt[0], wt[1]+1))
            elif pc == 'W2': C('W2b', n, (loc[0], seq))
            elif pc == 'W2b':
                if MUT == 'noepochcheck' or wt[0] == loc[0]: C('W3', n, loc)
                else: C('W1', n, ())
            elif pc == 'W3': C('W5' if items > 0 else 'W4', n, loc)
            elif pc == 'W4': C('sleep' if seq == loc[1] else 'W5', n, loc)
            elif pc == 'W5':
                w = (wt[0], wt[1]-1) if wt[0] == loc[0] else wt
                if w[1] < 0: raise SystemExit("BUG negative waiter count")
                C('W0', n, (), wt=w)
        if k > 0 and not (kind == 'P' and pc == 0 and n == 0) and \
           not (kind == 'C' and sum(1 for q in procs if q[0] == 'C' and q[1] is True) == 1):
            out.append((items, wt, seq, procs[:i] + ((kind, False, 'x', 0, ()),) + procs[i+1:], dm, k-1))
    if dm == 0:
        for i, p in enumerate(procs):
            if p[1] is False:
                pr = procs[:i] + ((p[0], 'gone') + p[2:],) + procs[i+1:]
                if MUT == 'nobroadcast': out.append((items, wt, seq, pr, 0, k))
                else: out.append((items, wt, seq, pr, 1, k))
    elif dm == 1: out.append((items, (wt[0]+1, 0), seq, procs, 2, k))
    elif dm == 2: out.append((items, wt, seq+1, procs, 3, k))
    elif dm == 3:
        pr = tuple(p[:2] + ('W5',) + p[3:] if p[0] == 'C' and p[1] is True and p[2] == 'sleep' else p for p in procs)
        out.append((items, wt, seq, pr, 0, k))
    return out
def run(np, nc, per, kills, lim=2000000):
    procs = tuple(('P', True, 0, per, ()) for _ in range(np)) + tuple(('C', True, 'W0', np*per, ()) for _ in range(nc))
    s0 = (0, (0, 0), 0, procs, 0, kills); seen = {s0}; st = [s0]; term = 0; t0 = time.time()
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
    if len(sys.argv) not in (1, 5): sys.exit(__doc__)
    rc = 0
    for a in [tuple(map(int, sys.argv[1:]))] if len(sys.argv) == 5 else [(1,2,2,1),(2,2,1,1),(2,2,1,2),(1,3,2,1)]:
        print(a, end=' ', flush=True); rc = max(rc, run(*a))
    sys.exit(rc)
