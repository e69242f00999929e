#!/usr/bin/env python3
"""Reliable broadcast, driven by events (Bracha 1987): what the commander sends is echoed, what enough have echoed is
ready, and what enough are ready for is delivered. It survives m traitors among n >= 3m + 1."""

import turncoat

ORDERS = ["RETREAT", "ATTACK"]


class ReliableBroadcast:
    values = ORDERS
    events = True
    termination = "all-or-none"

    def begin(self, seat, order, effects):
        if order is not None:
            effects.broadcast(["SEND", order])
        state = {"me": seat.me, "n": seat.n, "f": seat.f, "echoed": False, "ready": False, "delivered": None}
        state |= {"ECHO": {order: [] for order in ORDERS}, "READY": {order: [] for order in ORDERS}}
        if order is not None:
            self.echo(state, order, effects)
        return state

    def receive(self, state, sender, message, effects):
        what, order = message
        if what == "SEND":
            if sender == 0:
                self.echo(state, order, effects)
        elif not any(sender in voters for voters in state[what].values()):
            self.vote(state, what, order, sender, effects)

    def echo(self, state, order, effects):
        if not state["echoed"]:
            state["echoed"] = True
            effects.broadcast(["ECHO", order])
            self.vote(state, "ECHO", order, state["me"], effects)

    def vote(self, state, what, order, voter, effects):
        state[what][order] = sorted([*state[what][order], voter])
        echoes, readies = len(state["ECHO"][order]), len(state["READY"][order])
        if not state["ready"] and (2 * echoes > state["n"] + state["f"] or readies > state["f"]):
            state["ready"] = True
            effects.broadcast(["READY", order])
            self.vote(state, "READY", order, state["me"], effects)
        elif readies > 2 * state["f"] and state["delivered"] is None:
            state["delivered"] = order

    def decide(self, state):
        return state["delivered"]

    def alphabet(self, n, f, sender, to):
        return [[what, order] for what in ["SEND", "ECHO", "READY"] for order in ORDERS]


if __name__ == "__main__":
    turncoat.run(ReliableBroadcast())
