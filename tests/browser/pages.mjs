// Opens the program's pages in a real browser, as a person would. A page requests nothing and logs no error; all rounds
// can be stepped through by button, key and slider; it shows exactly the lies of the attack; equal views are shown as
// equal; it prints; and an accessibility checker finds nothing.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";

/** The program, and a command line with protocols of a user's own. */
const programs = { turncoat: process.env.TURNCOAT, own: process.env.OWN };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "turncoat-"));
let passed = 0;

/** What a command prints; an attack that is found is no failure. */
function answer(command, ...options) {
  const [program, ...args] = command.split(" ");
  try {
    return execFileSync(programs[program], [...args, ...options], { encoding: "utf8", maxBuffer: 1 << 28 });
  } catch (error) {
    if (error.status !== 1) throw error;
    return error.stdout;
  }
}

/** Opens the page of a command, with everything on it watched. */
async function open(browser, command, media = "light", width = 1200) {
  const file = join(folder, "page.html");
  writeFileSync(file, answer(command, "--format", "html"));
  const page = await browser.newPage();
  const trouble = [];
  page.on("console", (message) => trouble.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (url !== pathToFileURL(file).href && !url.startsWith("data:")) trouble.push(`request: ${url}`);
  });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: media }]);
  await page.setViewport({ width, height: 900 });
  await page.goto(pathToFileURL(file).href);
  return { page, trouble };
}

async function accessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await window.axe.run()).violations
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).slice(0, 3).join(" ")}`));
  assert.deepEqual(found, [], what);
}

const at = (page) => page.$eval(".player", (player) => Number(player.dataset.at));
const titles = (page) => page.$$eval(".player .frame", (frames) =>
  frames.filter((frame) => frame.checkVisibility()).map((frame) => frame.dataset.title));

async function steps(page, what) {
  const frames = await page.$$eval(".player:first-of-type .frame", (frames) => frames.length);
  const [back, on] = await page.$$(".player:first-of-type .bar button");
  assert.equal(await at(page), 0, what);
  for (let step = 1; step < frames; step += 1) {
    await on.click();
    assert.equal(await at(page), step, what);
    assert.equal((await titles(page)).length, 1, "one step is seen at a time");
  }
  assert.ok(await on.evaluate((button) => button.disabled), "at the end there is nothing to go on to");
  await back.click();
  assert.equal(await at(page), frames - 2, what);
  for (const [key, expected] of [["Home", 0], ["ArrowRight", 1], ["End", frames - 1], ["ArrowLeft", frames - 2]]) {
    await page.keyboard.press(key);
    assert.equal(await at(page), expected, `${what}: ${key}`);
  }
  await page.focus(".bar input");
  await page.keyboard.press("End");
  assert.equal(await at(page), frames - 1, "the slider");
}

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  for (const command of [
    "turncoat check oral -n 3 -f 1",
    "turncoat check oral -m 1 -n 7 -f 2",
    "turncoat check oral -n 6 -f 2",
    "turncoat check two-step -n 4 -f 2",
    "turncoat check signed -n 3 -f 1 --signatures ed25519 --verifiers strict,plain",
    "turncoat check vote -n 3 -f 1",
    "turncoat check oral -m 1 -n 31 -f 11",
    "own check quorum -n 4 -f 1 --quorum 3",
    "own check gossip -n 4 -f 1",
  ]) {
    const json = JSON.parse(answer(command, "--format", "json"));
    for (const [media, width] of [["light", 1200], ["dark", 390]]) {
      const { page, trouble } = await open(browser, command, media, width);
      const lies = await page.$$eval(".player li.lie", (lies) => lies.length);
      assert.equal(lies, json.counterexample.lies.length, `${command}: the lies of the JSON`);
      await accessible(page, `${command}, ${media}, before the first round`);
      if (media === "light") await steps(page, command);
      else await page.keyboard.press("End");
      await accessible(page, `${command}, ${media}, at the end`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.ok(!overflow, `${command}: fits ${width} pixels`);
      const pdf = await page.pdf();
      assert.ok(pdf.length > 10_000, "it prints");
      await page.emulateMediaType("print");
      const printed = await titles(page);
      assert.equal(printed.length, await page.$$eval(".frame", (frames) => frames.length), "all rounds are printed");
      assert.deepEqual(trouble, [], command);
      await page.close();
    }
    passed += 1;
  }

  {
    const { page, trouble } = await open(browser, "turncoat check oral -m 1 -n 7 -f 2");
    await page.keyboard.press("End");
    const seen = () => page.$$eval(".frame:not([hidden]) g.arrow[data-from]:not(.away)", (arrows) => arrows.length);
    const all = await seen();
    await page.$eval(".frame:not([hidden]) .seat[data-id='3']", (seat) => seat.focus());
    await page.keyboard.press("Enter");
    assert.ok((await seen()) > 0 && (await seen()) < all, "whoever is picked is seen alone");
    await page.keyboard.press("Enter");
    assert.equal(await seen(), all, "and all of them again");
    assert.deepEqual(trouble, []);
    passed += 1;
  }

  for (const command of ["turncoat refute oral -n 3 -f 1", "turncoat refute interactive -n 3 -f 1 -m 1"]) {
    for (const media of ["light", "dark"]) {
      const { page, trouble } = await open(browser, command, media);
      const pairs = await page.$$eval(".views", (pairs) => pairs.map((pair) => ({
        same: pair.classList.contains("same"),
        views: [...pair.querySelectorAll(".view")].map((view) => view.querySelector("ol").textContent),
      })));
      assert.ok(pairs.length > 0, command);
      for (const { same, views } of pairs) {
        assert.equal(views.length, 2);
        assert.ok(same && views[0] === views[1] && views[0].length > 0, `${command}: the views are equal`);
      }
      assert.ok(await page.$(".ring svg"), "the ring is drawn");
      await accessible(page, `${command}, ${media}`);
      assert.deepEqual(trouble, [], command);
      await page.close();
    }
    passed += 1;
  }

  {
    const { page, trouble } = await open(browser, "turncoat sweep oral -n 3..=7 -f 1..=2");
    const links = await page.$$eval(".map a", (links) => links.map((link) => link.getAttribute("href")));
    assert.ok(links.length >= 4);
    for (const link of links) assert.ok(await page.$(link), `${link} is there`);
    await accessible(page, "sweep");
    assert.deepEqual(trouble, []);
    passed += 1;
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, 0 failed`);
