"""Lets turncoat test a protocol that is written in Python: turncoat.run(Mine()).

A protocol is an object. Its methods are pure: what they answer depends on their arguments alone, and nothing is
kept in the object. A state can be changed in place, or the next one returned. States, values and messages are what
JSON can hold: None, True, numbers, strings, lists, and dicts whose keys are strings.

In rounds                                          Driven by events
  rounds = 2                                         events = True
  start(seat, input) -> state                        begin(seat, input, effects) -> state
  send(state, round, to) -> messages                 receive(state, sender, message, effects)
  receive(state, round, sender, message)             timer(state, timer, effects)
  end_round(state, round)                            coin(state, coin, face, effects)
  decide(state) -> decision or None                  decide(state) -> decision or None
  repertoire(n, f, round, sender, to) -> slots       alphabet(n, f, sender, to) -> messages

Both have values, and may have a name, a task ("broadcast" or "consensus") and a termination ("all", "all-or-none"
or "free"). A seat has me, n, f and neighbours. `python3 mine.py` then answers questions: see docs/exec.md.
"""

import json
import sys
import traceback
from types import SimpleNamespace

OPTIONAL = ["end_round", "repertoire", "alphabet", "timer", "coin"]


class Effects:
    def __init__(self):
        self.done = []

    def send(self, to, message):
        self.done.append({"send": message, "to": to})

    def broadcast(self, message):
        self.done.append({"broadcast": message})

    def set_timer(self, timer):
        self.done.append({"set_timer": timer})

    def cancel_timer(self, timer):
        self.done.append({"cancel_timer": timer})

    def ask_coin(self, number, common=False):
        self.done.append({"ask_coin": {"common" if common else "local": number}})


def describe(p, n, f):
    said = {"name": getattr(p, "name", type(p).__name__), "values": p.values}
    said |= {k: getattr(p, k) for k in ["task", "termination", "rounds", "events", "waves"] if hasattr(p, k)}
    if callable(said.get("rounds")):
        said["rounds"] = p.rounds(n, f)
    return said | {"answers": [name for name in OPTIONAL if hasattr(p, name)]}


def kept(state):
    """The next state, if it is the same when it comes back."""
    if json.loads(json.dumps(state)) != state:
        raise TypeError(f"JSON can't hold this state as it is (keys must be strings, and tuples must be lists): {state!r}")
    return state


def answer(p, q):
    ask, state, effects = q.pop("ask"), q.get("state"), Effects()
    if ask == "describe":
        return describe(p, q["n"], q["f"])
    if ask in ["start", "begin"]:
        seat, given = SimpleNamespace(**q), q["input"]
        if ask == "start":
            return {"state": kept(p.start(seat, given))}
        return {"state": kept(p.begin(seat, given, effects)), "effects": effects.done}
    if ask == "send":
        messages = p.send(state, q["round"], q["to"]) or []
        if isinstance(messages, str):
            raise TypeError(f"send answers with a list of messages, not with {messages!r}")
        return {"messages": list(messages)}
    if ask == "decide":
        return {"decision": p.decide(state)}
    if ask == "repertoire":
        return {"slots": p.repertoire(q["n"], q["f"], q["round"], q["from"], q["to"])}
    if ask == "alphabet":
        return {"messages": p.alphabet(q["n"], q["f"], q["from"], q["to"])}
    rest = [q[name] for name in ["round", "from", "message", "timer", "coin", "face"] if name in q]
    rest += [effects] if getattr(p, "events", False) else []
    returned = getattr(p, ask)(state, *rest)
    said = {"state": kept(state if returned is None else returned)}
    return said | {"effects": effects.done} if getattr(p, "events", False) else said


def run(protocol):
    lines, sys.stdout = sys.stdout, sys.stderr  # what the protocol prints is no answer
    for line in sys.stdin:
        try:
            text = json.dumps(answer(protocol, json.loads(line)), allow_nan=False)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            at = ([frame for frame in frames if frame.filename == sys.argv[0]] or frames)[-1]
            place = f"{at.filename.rpartition('/')[2]}:{at.lineno}"
            text = json.dumps({"error": f"{type(error).__name__}: {error} ({place})"})
        print(text, file=lines, flush=True)
