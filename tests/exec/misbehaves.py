#!/usr/bin/env python3
"""Answers as somebody should who commands and obeys in one round, but for one thing, which its argument names."""

import json
import os
import sys
import time

how = sys.argv[1]
asked = 0
decided = {}


def answer(question):
    ask = question["ask"]
    if ask == "describe":
        return {"name": "Obey", "values": ["RETREAT", "ATTACK"], "rounds": 1, "answers": ["repertoire"]}
    if ask == "start":
        return {"state": {"me": question["me"], "order": question["input"] or "RETREAT"}}
    state = question.get("state")
    if ask == "send":
        return {"messages": [state["order"]] if state["me"] == 0 else []}
    if ask == "receive":
        return {"state": state | {"order": question["message"]}}
    if ask == "repertoire":
        return {"slots": [["RETREAT", "ATTACK"]] if question["from"] == 0 else []}
    return {"decision": state["order"]}


def misbehave(line, question, right):
    """What is written instead of the right answer."""
    ask = question["ask"]
    last = ask == "decide" and question["state"]["order"] == "ATTACK"
    if how == "mute" and ask == "receive":
        time.sleep(60)
    if how == "ends" and last:
        print("Traceback (most recent call last):\n  ..\nZeroDivisionError: division by zero", file=sys.stderr)
        sys.exit(3)
    if how == "closes" and ask == "receive":
        os.close(1)
        time.sleep(60)
    if how == "raises" and last:
        return '{"error": "ZeroDivisionError: division by \\u001b[31mzero"}'
    if how == "twice" and ask == "send":
        return right + "\n" + right
    if how == "prints" and ask == "receive":
        return "I have heard " + question["message"]
    if how == "truncated" and ask == "start":
        sys.stdout.write('{"state": {"me"')
        sys.stdout.flush()
        sys.exit(0)
    if how == "huge" and ask == "start":
        return '{"state": "' + "x" * (1 << 24) + '"}'
    if how == "untyped" and ask == "send":
        return '{"messages": "ATTACK"}'
    if how == "large" and ask == "start":
        return '{"state": 123456789012345678901234567890}'
    if how == "changes" and last:
        return json.dumps({"decision": ["RETREAT", "ATTACK"][asked % 2]})
    if how == "remembers" and last:
        # It answers the same for ever: what came before it was asked first.
        return decided.setdefault(line, json.dumps({"decision": "ATTACK" if asked < 20 else "RETREAT"}))
    if how == "refuses" and ask == "describe":
        return '{"refuse": "it needs n > 3f"}'
    if how == "latin" and ask == "start":
        sys.stdout.flush()
        sys.stdout.buffer.write(b'{"state": "\xff"}\n')
        sys.stdout.flush()
        return ""
    return right


for line in sys.stdin:
    asked += 1
    question = json.loads(line)
    text = misbehave(line, question, json.dumps(answer(question)))
    if text:
        print(text, flush=True)
