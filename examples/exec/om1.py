#!/usr/bin/env python3
"""OM(1), oral messages with one traitor: the commander tells all his order, the lieutenants tell each other, and each
obeys the majority (Lamport, Shostak, Pease 1982). It survives one traitor among four."""

import turncoat

ORDERS = ["RETREAT", "ATTACK"]


class OM1:
    name = "OM(1)"
    values = ORDERS
    rounds = 2

    def start(self, seat, order):
        return {"me": seat.me, "n": seat.n, "order": order or "RETREAT", "votes": {}}

    def send(self, state, round, to):
        my_turn = (state["me"] == 0) == (round == 1)
        return [state["order"]] if my_turn and to != 0 else []

    def receive(self, state, round, sender, order):
        if round == 1 and sender == 0:
            state["order"] = order
        if round == 2 and sender != 0:
            state["votes"].setdefault(str(sender), order)

    def decide(self, state):
        votes = [state["order"], *state["votes"].values()]
        return "ATTACK" if votes.count("ATTACK") * 2 > state["n"] - 1 else "RETREAT"

    def repertoire(self, n, f, round, sender, to):
        says_something = (sender == 0) == (round == 1) and to != 0
        return [ORDERS] if says_something else []


if __name__ == "__main__":
    turncoat.run(OM1())
