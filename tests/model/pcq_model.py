#!/usr/bin/env python3
"""Explicit-state model of the prepared-chunk queue (PCQ) of docs/queues.md.

Sequentially consistent interleavings, one shared-memory access per step, SIGKILL of any
participant before any step, a repair daemon that may itself be killed and restarted.

  pcq_model.py ex CFG [SECONDS]    exhaustive; CFG is a b c d e (end of file), smallest: e (under 1 s);
                                   SECONDS (default 25) caps the time, then it prints INCOMPLETE
  pcq_model.py rnd SECONDS SEED    random configurations and schedules
  MUT=NAME pcq_model.py ...        wrong on purpose, to show that the checker can fail:
                                   noclaim storealloc qfree noreclaim nohelp
Prints OK (exit 0), INCOMPLETE (exit 2) or a trace and BUG FOUND (exit 1). Plain python3, no packages.
"""
import sys, os, random, time
MUT = os.environ.get("MUT", "")
if MUT not in ("", "noclaim", "storealloc", "qfree", "noreclaim", "nohelp"):
    sys.exit("unknown mutant " + MUT)

# ---- shared state layout (tuple) -------------------------------------------------
# head, tail, slots(tuple of (ticket, chunk)), cst(tuple), cmsg(tuple), bits(tuple),
# procs(tuple), daemon, kills_left, drestarts_left, hist
# chunk states: 'F' | ('W',p) | ('Q',t,p) | ('R',t,p)
# hist: (put_ok frozenset, taken tuple(sorted (m,count)), acked frozenset, lost frozenset, last_ticket_taken)

class Cfg:
    def __init__(s, N, K, prods, ncons, kills, drest, alo):
        s.N, s.K, s.prods, s.ncons, s.kills, s.drest, s.alo = N, K, prods, ncons, kills, drest, alo

def init(c):
    slots = tuple((i - c.N, -1) for i in range(c.N))       # ticket of previous lap
    procs = []
    for i, msgs in enumerate(c.prods):
        procs.append(('P', i, True, 'A0', tuple(msgs), ()))      # kind,id,alive,pc,todo,locals
    for j in range(c.ncons):
        procs.append(('C', len(c.prods) + j, True, 'G0', (), ()))
    hist = (frozenset(), (), frozenset(), frozenset(), -1)
    return (0, 0, slots, ('F',) * c.K, (None,) * c.K, (1,) * c.K, tuple(procs),
            ('idle',), c.kills, c.drest, hist)

class Bug(Exception):
    pass

def rep(t, i, v):
    return t[:i] + (v,) + t[i + 1:]

def take_hist(hist, m, t):
    put_ok, taken, acked, lost, last = hist
    d = dict(taken); d[m] = d.get(m, 0) + 1
    if t <= last:
        raise Bug("ticket %d taken after ticket %d: order broken" % (t, last))
    return (put_ok, tuple(sorted(d.items())), acked, lost, t)

def publish_steps(c, st, pid, ch, pc, loc):
    """one step of publish by pid for chunk ch. returns (newstate, newpc, newloc, done)"""
    head, tail, slots, cst, cmsg, bits, procs, dm, k, dr, hist = st
    N = c.N
    if pc == 'P0':
        return (st, 'P1', (tail,), False)
    if pc == 'P1':
        (t,) = loc
        w = slots[t % N]
        if w[0] == t:
            return (st, 'Ph', (t,), False)
        if w[0] != t - N:
            return (st, 'P0', (), False)
        return (st, 'P2', (t, w), False)
    if pc == 'Ph':
        (t,) = loc
        nt = t + 1 if tail == t else tail
        return ((head, nt) + st[2:], 'P0', (), False)
    if pc == 'P2':
        t, w = loc
        if MUT == 'noclaim':                 # mutant: chunk not stamped before slot CAS
            return (st, 'P3', loc, False)
        return (st[:3] + (rep(cst, ch, ('Q', t, pid)),) + st[4:], 'P3', loc, False)
    if pc == 'P3':
        t, w = loc
        if slots[t % N] != w:
            return (st, 'P0', (), False)
        # invariant: overwriting lap t-N requires ticket t-N already taken
        if w[1] >= 0:
            s = cst[w[1]]
            if isinstance(s, tuple) and s[0] == 'Q' and s[1] == w[0]:
                raise Bug("slot overwritten while its message is still queued")
        ns = st[:2] + (rep(slots, t % N, (t, ch)),) + st[3:]
        if MUT == 'noclaim':
            ns = ns[:3] + (rep(ns[3], ch, ('W', pid)),) + ns[4:]
            return (ns, 'P3b', (t,), False)
        return (ns, 'P4', (t,), False)
    if pc == 'P3b':
        (t,) = loc
        return (st[:3] + (rep(cst, ch, ('Q', t, pid)),) + st[4:], 'P4', (t,), False)
    if pc == 'P4':
        (t,) = loc
        nt = t + 1 if tail == t else tail
        return ((head, nt) + st[2:], 'done', (), True)
    raise AssertionError(pc)

def step_proc(c, st, i):
    head, tail, slots, cst, cmsg, bits, procs, dm, k, dr, hist = st
    kind, pid, alive, pc, todo, loc = procs[i]
    out = []
    def setp(s, pc2, loc2, todo2=None):
        return s[:6] + (rep(s[6], i, (kind, pid, True, pc2, todo if todo2 is None else todo2, loc2)),) + s[7:]
    N = c.N
    if kind == 'P':
        if pc == 'A0':
            if not todo:
                return out
            for ch in range(c.K):
                if bits[ch]:                                  # fetch_and(~bit) wins the hint
                    s = st[:5] + (rep(bits, ch, 0),) + st[6:]
                    out.append(setp(s, 'A1', (ch,)))
                    if c.K > 1 and os.environ.get("FIRSTFIT"):
                        break
            return out
        if pc == 'A1':
            (ch,) = loc
            if MUT == 'storealloc':                           # mutant: trust the hint, plain store
                s = st[:3] + (rep(cst, ch, ('W', pid)),) + st[4:]
                out.append(setp(s, 'A2', (ch,)))
            elif cst[ch] == 'F':
                s = st[:3] + (rep(cst, ch, ('W', pid)),) + st[4:]
                out.append(setp(s, 'A2', (ch,)))
            else:
                out.append(setp(st, 'A0', ()))
            return out
        if pc == 'A2':
            (ch,) = loc
            s = st[:4] + (rep(cmsg, ch, todo[0]),) + st[5:]
            out.append(setp(s, ('P0', ch), ()))
            return out
        if isinstance(pc, tuple):
            sub, ch = pc
            s, npc, nloc, done = publish_steps(c, st, pid, ch, sub, loc)
            if done:
                h = s[10]
                s = s[:10] + ((h[0] | {todo[0]},) + h[1:],)
                out.append(setp(s, 'A0', (), todo[1:]))
            else:
                out.append(setp(s, (npc, ch), nloc))
            return out
        raise AssertionError(pc)
    # consumer
    if pc == 'G0':
        if slots[head % N][0] == head - N:
            return out                                         # empty: parked
        out.append(setp(st, 'G1', (head,)))
        return out
    if pc == 'G1':
        (h,) = loc
        w = slots[h % N]
        if w[0] == h:
            out.append(setp(st, 'G2', (h, w[1])))
        elif w[0] > h and MUT != 'nohelp':
            out.append(setp(st, 'G5', (h,)))       # slot already on a later lap => ticket h was taken: help head
        else:
            out.append(setp(st, 'G0', ()))
        return out
    if pc == 'G2':
        h, ch = loc
        s = cst[ch]
        if isinstance(s, tuple) and s[0] == 'Q' and s[1] == h:
            out.append(setp(st, 'G3', (h, ch, s)))
        else:
            out.append(setp(st, 'G5', (h,)))
        return out
    if pc == 'G3':
        h, ch, s = loc
        if cst[ch] == s:
            n = st[:3] + (rep(cst, ch, ('R', h, pid)),) + st[4:]
            n = n[:10] + (take_hist(hist, cmsg[ch], h),)
            out.append(setp(n, 'G4', (h, ch, cmsg[ch])))
        else:
            out.append(setp(st, 'G5', (h,)))
        return out
    if pc == 'G5':
        (h,) = loc
        nh = h + 1 if head == h else head
        out.append(setp((nh,) + st[1:], 'G0', ()))
        return out
    if pc == 'G4':
        h, ch, m = loc
        nh = h + 1 if head == h else head
        out.append(setp((nh,) + st[1:], 'G6', (h, ch, m)))
        return out
    if pc == 'G6':                                             # ack: CAS R -> F
        h, ch, m = loc
        if cmsg[ch] != m and cst[ch] == ('R', h, pid):
            raise Bug("payload changed under a reader that still owns it")
        if cst[ch] == ('R', h, pid):
            n = st[:3] + (rep(cst, ch, 'F'),) + st[4:]
            n = n[:10] + (hist[:2] + (hist[2] | {m},) + hist[3:],)
            out.append(setp(n, 'G7', (ch,)))
        else:
            out.append(setp(st, 'G0', ()))
        return out
    if pc == 'G7':
        (ch,) = loc
        s = st[:5] + (rep(bits, ch, 1),) + st[6:]
        out.append(setp(s, 'G0', ()))
        return out
    raise AssertionError(pc)

DPID = 99

def needs_repair(c, st, d):
    """daemon repairs every dead client once; here: is there anything left that only repair can fix?"""
    head, tail, slots, cst, cmsg, bits, procs, dm, k, dr, hist = st
    return True

def step_daemon(c, st):
    head, tail, slots, cst, cmsg, bits, procs, dm, k, dr, hist = st
    out = []
    def setd(s, d):
        return s[:7] + (d,) + s[8:]
    if dm[0] == 'idle':
        for i, p in enumerate(procs):
            if p[2] is False:                                  # dead and not yet repaired
                out.append(setd(st, ('scan', i, 0)))
        return out
    if dm[0] == 'scan':
        _, i, ch = dm
        pid = procs[i][1]
        if ch == c.K:                                          # repair of client i complete
            p = procs[i]
            s = st[:6] + (rep(procs, i, p[:2] + ('gone',) + p[3:]),) + st[7:]
            out.append(setd(s, ('idle',)))
            return out
        s = cst[ch]
        nxt = ('scan', i, ch + 1)
        if s == 'F':
            if bits[ch] == 0:
                out.append(setd(st, ('hint', i, ch)))          # sweep: rebuild the hint
            else:
                out.append(setd(st, nxt))
        elif s[0] == 'W' and s[1] in (pid, DPID):
            if s[1] == DPID:
                out.append(setd(st, ('pub', i, ch, 'P0', ())))  # unfinished redelivery of an earlier daemon
            else:
                out.append(setd(st, ('free', i, ch, s, None)))
        elif s[0] == 'Q' and s[2] in (pid, DPID):
            out.append(setd(st, ('qchk', i, ch, s)))
        elif s[0] == 'R' and s[2] == pid:
            if c.alo:
                out.append(setd(st, ('steal', i, ch, s)))
            else:
                out.append(setd(st, ('free', i, ch, s, cmsg[ch])))
        else:
            out.append(setd(st, nxt))
        return out
    if dm[0] == 'hint':
        _, i, ch = dm
        s = st[:5] + (rep(bits, ch, 1),) + st[6:]
        out.append(setd(s, ('scan', i, ch + 1)))
        return out
    if dm[0] == 'free':
        _, i, ch, s, m = dm
        if cst[ch] == s:
            n = st[:3] + (rep(cst, ch, 'F'),) + st[4:]
            if m is not None:
                n = n[:10] + (hist[:3] + (hist[3] | {m},) + hist[4:],)
            out.append(setd(n, ('hint', i, ch)))
        else:
            out.append(setd(st, ('scan', i, ch)))
        return out
    if dm[0] == 'qchk':
        _, i, ch, s = dm
        t = s[1]
        w = slots[t % c.N]
        if MUT == 'qfree':                                     # mutant: dead producer's Q chunk always freed
            out.append(setd(st, ('free', i, ch, s, None)))
        elif w == (t, ch):
            out.append(setd(st, ('scan', i, ch + 1)))          # it was published: leave it
        elif s[2] == DPID:
            if MUT == 'noreclaim':                             # mutant = what an early draft did
                out.append(setd(st, ('pub', i, ch, 'P0', ())))
            else:
                out.append(setd(st, ('steal', i, ch, s)))      # own unfinished redelivery: CAS Q -> W(daemon) first
        else:
            out.append(setd(st, ('free', i, ch, s, None)))
        return out
    if dm[0] == 'steal':
        _, i, ch, s = dm
        if cst[ch] == s:
            n = st[:3] + (rep(cst, ch, ('W', DPID)),) + st[4:]
            out.append(setd(n, ('pub', i, ch, 'P0', ())))
        else:
            out.append(setd(st, ('scan', i, ch)))
        return out
    if dm[0] == 'pub':
        _, i, ch, sub, loc = dm
        s, npc, nloc, done = publish_steps(c, st, DPID, ch, sub, loc)
        if done:
            out.append(setd(s, ('scan', i, ch + 1)))
        else:
            out.append(setd(s, ('pub', i, ch, npc, nloc)))
        return out
    raise AssertionError(dm)

def succ(c, st):
    procs = st[6]
    res = []
    for i, p in enumerate(procs):
        if p[2] is True:
            for s in step_proc(c, st, i):
                res.append(s)
            if st[8] > 0:
                busy = not (p[0] == 'P' and p[3] == 'A0' and not p[4])
                # always leave one consumer alive so that draining is possible
                cons_alive = sum(1 for q in procs if q[0] == 'C' and q[2] is True)
                if busy and not (p[0] == 'C' and cons_alive == 1):
                    dead = p[:2] + (False,) + ('dead', (), ())
                    s = st[:6] + (rep(procs, i, dead),) + (st[7], st[8] - 1) + st[9:]
                    res.append(s)
    for s in step_daemon(c, st):
        res.append(s)
    if st[9] > 0 and st[7] != ('idle',):                       # daemon killed and restarted
        res.append(st[:7] + (('idle',), st[8], st[9] - 1) + st[10:])
    return res

def check_terminal(c, st):
    head, tail, slots, cst, cmsg, bits, procs, dm, k, dr, hist = st
    put_ok, taken, acked, lost, last = hist
    for p in procs:
        if p[2] is True and p[0] == 'P' and p[4]:
            raise Bug("live producer stuck: %r" % (p,))
    for ch in range(c.K):
        if cst[ch] != 'F':
            raise Bug("chunk leaked/stuck: %r" % (cst,))
        if not bits[ch]:
            raise Bug("free chunk without hint bit: %r" % (bits,))
    for m in put_ok:
        if m not in acked and m not in lost:
            raise Bug("committed message vanished: %r" % (m,))
        if c.alo and m not in acked:
            raise Bug("at-least-once: committed message not acked: %r" % (m,))
    for m, n in taken:
        if not c.alo and n > 1:
            raise Bug("at-most-once: message %r taken %d times" % (m, n))
        if c.alo and n > 1 + c.kills:
            raise Bug("more redeliveries than deaths: %r %d" % (m, n))
    # note: tail may lag head at rest (publisher died before its tail CAS); the next producer helps

def exhaustive(c, limit_s, limit_n):
    t0 = time.time()
    s0 = init(c)
    seen = {s0: 0}
    pred = [[]]
    order = [s0]
    term = []
    stack = [s0]
    par = {s0: None}
    while stack:
        st = stack.pop()
        ix = seen[st]
        try:
            ss = [s for s in succ(c, st) if s != st]
            if not ss: check_terminal(c, st)
        except Bug:
            tr = []
            x = st
            while x is not None:
                tr.append(x); x = par[x]
            for x in reversed(tr[:60]):
                print("h=%d t=%d slots=%s cst=%s msg=%s bits=%s | %s | dm=%s" % (x[0], x[1], x[2], x[3], x[4], x[5], [(p[0]+str(p[1]), p[2], p[3], p[4], p[5]) for p in x[6]], x[7]))
            raise
        if not ss:
            check_terminal(c, st)
            term.append(ix)
        for s in ss:
            j = seen.get(s)
            if j is None:
                j = len(seen)
                seen[s] = j
                pred.append([])
                stack.append(s); par[s] = st
            pred[j].append(ix)
        if len(seen) > limit_n or time.time() - t0 > limit_s:
            print("INCOMPLETE states=%d terminals=%d %.1fs" % (len(seen), len(term), time.time() - t0))
            sys.exit(2)
    # every state can still reach a terminal state (nobody stuck, no livelock-only region)
    ok = bytearray(len(seen)); st = list(term)
    for x in st: ok[x] = 1
    while st:
        x = st.pop()
        for y in pred[x]:
            if not ok[y]:
                ok[y] = 1; st.append(y)
    bad = len(seen) - sum(ok)
    if bad:
        inv = [None]*len(seen)
        for x, j in seen.items(): inv[j] = x
        j = next(i for i in range(len(seen)) if not ok[i])
        for _ in range(3):
            x = inv[j]
            print("h=%d t=%d slots=%s cst=%s bits=%s | %s | dm=%s kl=%d" % (x[0], x[1], x[2], x[3], x[5], [(p[0]+str(p[1]), p[2], p[3], p[4], p[5]) for p in x[6]], x[7], x[8]))
            nx = [s for s in succ(c, x) if s != x]
            j = seen[nx[-1]]
        raise Bug("%d states cannot reach quiescence" % bad)
    print("OK exhaustive states=%d terminals=%d %.1fs" % (len(seen), len(term), time.time() - t0))

def randomised(seconds, seed):
    rng = random.Random(seed)
    t0 = time.time(); runs = 0; steps = 0; kills = 0
    while time.time() - t0 < seconds:
        K = rng.choice([1, 2, 3, 4]); N = rng.choice([n for n in (1, 2, 4, 8) if n >= K])
        np, nc = rng.randint(1, 4), rng.randint(1, 4)
        mid = 0; prods = []
        for _ in range(np):
            n = rng.randint(1, 5); prods.append(tuple(range(mid, mid + n))); mid += n
        c = Cfg(N, K, prods, nc, rng.randint(0, 4), rng.randint(0, 2), rng.random() < .5)
        st = init(c)
        killp = rng.choice([0.0, .01, .05, .2])
        for _ in range(20000):
            ss = [s for s in succ(c, st) if s != st]
            if not ss:
                check_terminal(c, st); break
            kl = [s for s in ss if s[8] < st[8] or s[9] < st[9]]
            no = [s for s in ss if s[8] == st[8] and s[9] == st[9]]
            if kl and (not no or rng.random() < killp):
                st = rng.choice(kl); kills += 1
            else:
                st = rng.choice(no)
            steps += 1
        else:
            raise Bug("no quiescence in 20000 steps")
        runs += 1
    print("OK random runs=%d steps=%d kills=%d" % (runs, steps, kills))

CFG = {
    # N, K, prods, consumers, kills, daemon restarts, at-least-once
    'a': Cfg(2, 2, [(0,), (1,)], 2, 1, 0, False),
    'b': Cfg(2, 2, [(0,), (1,)], 2, 1, 0, True),
    'c': Cfg(1, 1, [(0, 1), (2,)], 2, 1, 1, True),
    'd': Cfg(2, 2, [(0, 1, 2)], 2, 2, 1, True),
    'e': Cfg(2, 2, [(0, 1), (2,)], 1, 1, 0, False),
}

if __name__ == '__main__':
    if len(sys.argv) < 3 or sys.argv[1] not in ('ex', 'rnd') or \
       (sys.argv[1] == 'ex' and sys.argv[2] not in CFG) or (sys.argv[1] == 'rnd' and len(sys.argv) < 4):
        sys.exit(__doc__)
    try:
        if sys.argv[1] == 'ex':
            exhaustive(CFG[sys.argv[2]], float(sys.argv[3]) if len(sys.argv) > 3 else 25, 1600000)
        else:
            randomised(float(sys.argv[2]), int(sys.argv[3]))
    except Bug as b:
        print("BUG FOUND:", b)
        sys.exit(1)
