#!/usr/bin/env python3
"""OM(1) with a bug: votes are kept in a list, so that whoever votes twice counts twice."""

import turncoat
from om1 import OM1


class Twice(OM1):
    name = "OM(1), counting votes"

    def start(self, seat, order):
        return super().start(seat, order) | {"votes": []}

    def receive(self, state, round, sender, order):
        if round == 1 and sender == 0:
            state["order"] = order
        if round == 2 and sender != 0:
            state["votes"].append(order)

    def decide(self, state):
        votes = [state["order"], *state["votes"]]
        return "ATTACK" if votes.count("ATTACK") > votes.count("RETREAT") else "RETREAT"


turncoat.run(Twice())
