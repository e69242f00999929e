"use strict";
document.documentElement.classList.add("js");
for (const player of document.querySelectorAll(".player")) {
  const frames = [...player.querySelectorAll(".frame")];
  const bar = player.querySelector(".bar");
  if (!bar) continue;
  const [back, on] = bar.querySelectorAll("button");
  const slider = bar.querySelector("input");
  const said = bar.querySelector("output");
  let at = 0;
  const show = (next) => {
    at = Math.max(0, Math.min(frames.length - 1, next));
    frames.forEach((frame, number) => { frame.hidden = number !== at; });
    back.disabled = at === 0;
    on.disabled = at === frames.length - 1;
    slider.value = at;
    slider.setAttribute("aria-valuetext", frames[at].dataset.title);
    said.textContent = frames[at].dataset.title;
    player.dataset.at = at;
  };
  bar.hidden = false;
  back.addEventListener("click", () => show(at - 1));
  on.addEventListener("click", () => show(at + 1));
  slider.addEventListener("input", () => show(Number(slider.value)));
  const alone = document.querySelectorAll(".player").length === 1;
  (alone ? document : player).addEventListener("keydown", (event) => {
    if (event.target === slider || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: frames.length - 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(step);
  });
  let only = null;
  const look = (general) => {
    only = only === general ? null : general;
    for (const seat of player.querySelectorAll(".seat[data-id]")) {
      seat.setAttribute("aria-pressed", String(seat.dataset.id === only));
    }
    for (const arrow of player.querySelectorAll("[data-from]")) {
      const { from, to } = arrow.dataset;
      const touches = only === null || from === only || to.split(" ").includes(only);
      arrow.classList.toggle("away", !touches && arrow.tagName === "g");
      if (arrow.tagName === "LI") arrow.hidden = !touches;
    }
  };
  for (const seat of player.querySelectorAll(".seat[data-id]")) {
    seat.setAttribute("tabindex", "0");
    seat.setAttribute("role", "button");
    seat.setAttribute("aria-pressed", "false");
    seat.addEventListener("click", () => look(seat.dataset.id));
    seat.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        look(seat.dataset.id);
      }
    });
  }
  show(0);
}
