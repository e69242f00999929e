#!/usr/bin/env node
// OM(1) with a bug: a lieutenant does not count what the commander told him himself.

const turncoat = require("./turncoat");
const om1 = require("./om1");

turncoat.run({
  ...om1,
  name: "OM(1), without one's own vote",

  decide({ n, votes }) {
    const attacks = Object.values(votes).filter((vote) => vote === "ATTACK").length;
    return attacks * 2 > n - 2 ? "ATTACK" : "RETREAT";
  },
});
