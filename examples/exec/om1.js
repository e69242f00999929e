#!/usr/bin/env node
// OM(1), oral messages with one traitor: the commander tells all his order, the lieutenants tell each other, and each
// obeys the majority (Lamport, Shostak, Pease 1982). It survives one traitor among four.

const turncoat = require("./turncoat");

const orders = ["RETREAT", "ATTACK"];

const om1 = {
  name: "OM(1)",
  values: orders,
  rounds: 2,

  start: ({ me, n }, order) => ({ me, n, order: order ?? "RETREAT", votes: {} }),

  send({ me, order }, round, to) {
    const myTurn = (me === 0) === (round === 1);
    return myTurn && to !== 0 ? [order] : [];
  },

  receive(state, round, sender, order) {
    if (round === 1 && sender === 0) state.order = order;
    if (round === 2 && sender !== 0) state.votes[sender] ??= order;
  },

  decide({ n, order, votes }) {
    const attacks = [order, ...Object.values(votes)].filter((vote) => vote === "ATTACK").length;
    return attacks * 2 > n - 1 ? "ATTACK" : "RETREAT";
  },

  repertoire(n, f, round, sender, to) {
    const saysSomething = (sender === 0) === (round === 1) && to !== 0;
    return saysSomething ? [orders] : [];
  },
};

module.exports = om1;
if (require.main === module) turncoat.run(om1);
