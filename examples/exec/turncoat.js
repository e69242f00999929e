// Lets turncoat test a protocol that is written in JavaScript: require("./turncoat").run(protocol).
//
// A protocol is an object. Its methods are pure: what they answer depends on their arguments alone, and nothing is
// kept in the object. A state can be changed in place, or the next one returned. States, values and messages are what
// JSON can hold: null, true, numbers, strings, arrays and plain objects.
//
// In rounds                                          Driven by events
//   rounds: 2                                          events: true
//   start(seat, input) -> state                        begin(seat, input, effects) -> state
//   send(state, round, to) -> messages                 receive(state, sender, message, effects)
//   receive(state, round, sender, message)             timer(state, timer, effects)
//   end_round(state, round)                            coin(state, coin, face, effects)
//   decide(state) -> decision or null                  decide(state) -> decision or null
//   repertoire(n, f, round, sender, to) -> slots       alphabet(n, f, sender, to) -> messages
//
// Both have values, and may have a name, a task ("broadcast" or "consensus") and a termination ("all", "all-or-none"
// or "free"). A seat has me, n, f and neighbours. `node mine.js` then answers questions: see docs/exec.md.

const { isDeepStrictEqual } = require("node:util");
const { createInterface } = require("node:readline");
const { writeSync } = require("node:fs");

const OPTIONAL = ["end_round", "repertoire", "alphabet", "timer", "coin"];

// What a general does when something happens to it.
class Effects {
  done = [];
  send(to, message) { this.done.push({ send: message, to }); }
  broadcast(message) { this.done.push({ broadcast: message }); }
  set_timer(timer) { this.done.push({ set_timer: timer }); }
  cancel_timer(timer) { this.done.push({ cancel_timer: timer }); }
  ask_coin(number, common = false) { this.done.push({ ask_coin: { [common ? "common" : "local"]: number } }); }
}

function describe(p, n, f) {
  const { name = p.constructor.name, values, task, termination, events, waves } = p;
  const rounds = typeof p.rounds === "function" ? p.rounds(n, f) : p.rounds;
  const answers = OPTIONAL.filter((question) => typeof p[question] === "function");
  return { name, values, task, termination, rounds, events, waves, answers };
}

// The next state, if it is the same when it comes back.
function kept(state, returned) {
  const next = returned === undefined ? state : returned;
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(next) ?? "null"), next)) {
    throw new TypeError("JSON can't hold this state as it is (no undefined, NaN, Map or Set)");
  }
  return next;
}

function answer(p, q) {
  const { ask, state, round, from, to } = q;
  const effects = new Effects();
  const done = () => (p.events ? { effects: effects.done } : {});
  switch (ask) {
    case "describe":
      return describe(p, q.n, q.f);
    case "start":
    case "begin":
      return { state: kept(null, p[ask](q, q.input, effects)), ...done() };
    case "send": {
      const messages = p.send(state, round, to) ?? [];
      if (typeof messages === "string") throw new TypeError("send answers with a list of messages");
      return { messages: [...messages] };
    }
    case "decide":
      return { decision: p.decide(state) ?? null };
    case "repertoire":
      return { slots: p.repertoire(q.n, q.f, round, from, to) };
    case "alphabet":
      return { messages: p.alphabet(q.n, q.f, from, to) };
    default: {
      const rest = ["round", "from", "message", "timer", "coin", "face"].filter((name) => name in q);
      return { state: kept(state, p[ask](state, ...rest.map((name) => q[name]), effects)), ...done() };
    }
  }
}

exports.run = function run(protocol) {
  console.log = console.error; // what the protocol prints is no answer
  createInterface({ input: process.stdin }).on("line", (line) => {
    let said;
    try {
      said = answer(protocol, JSON.parse(line));
    } catch (error) {
      const at = /([\w.]+:\d+):\d+\)?$/m.exec(error.stack ?? "")?.[1] ?? "somewhere";
      said = { error: `${error.name}: ${error.message} (${at})` };
    }
    writeSync(1, JSON.stringify(said) + "\n");
  });
};
