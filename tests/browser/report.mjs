// Opens report.html as a person does: node report.mjs PAGE SHOTS BROWSER [unlisted|looks]
// `unlisted`: the page lists no finding, since small numbers are hidden or nothing was found;
// `looks`: it lists too few to be filtered.
// Prints what does not hold, a line each; nothing where all is well.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [page_path, shots, browser_path, mode] = process.argv.slice(2);
const url = pathToFileURL(page_path).href;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const wrong = [];
const holds = (condition, what) => { if (!condition) wrong.push(what); };

const browser = await chromium.launch({
  executablePath: browser_path,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

async function open(name, options) {
  const context = await browser.newContext({ bypassCSP: true, ...options });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(`${name}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`${name}: script: ${error.message}`));
  page.on("dialog", (dialog) => { wrong.push(`${name}: dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (request.url() !== url) wrong.push(`${name}: request: ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

async function end() {
  await browser.close();
  for (const line of wrong) console.log(line);
  process.exit(wrong.length === 0 ? 0 : 1);
}

const looks = {
  light: { colorScheme: "light", viewport: { width: 1200, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1200, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};
for (const [name, options] of Object.entries(looks)) {
  const page = await open(name, options);
  await page.screenshot({ path: `${shots}/${name}.png` });
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
  holds(wide <= 0, `${name}: the page is ${wide} px wider than the screen`);
  await page.locator("#findings").scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${shots}/${name}-findings.png` });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, impact, nodes } of violations) {
    if (impact === "serious" || impact === "critical") {
      wrong.push(`${name}: axe ${impact} ${id}: ${nodes[0].html.slice(0, 200)}`);
    }
  }
  await page.context().close();
}

const page = await open("use", looks.light);
if (mode) {
  holds(mode === "looks" || (await page.locator("#worklist, #search").count()) === 0, "use: a list or a search stands where nothing is listed");
  const sites = await page.locator("#site option").count();
  if (sites > 0) await page.selectOption("#site", { index: sites - 1 });
  await end();
}
const rows = page.locator("#worklist tbody tr:not([hidden])");
const all = await rows.count();
holds(all > 0, "use: no finding is listed");

await page.selectOption("#severity", "warning");
const warnings = await rows.count();
holds(warnings > 0 && warnings < all, `use: ${warnings} of ${all} findings are warnings`);
holds((await page.textContent("#count")) === `${warnings} of ${all} shown`, "use: the count does not follow the filter");
holds(!(await rows.allTextContents()).some((text) => /\berror\b/.test(text)), "use: an error is shown among the warnings");
await page.selectOption("#severity", "");

const rule = await page.locator("#rule option").nth(1).textContent();
await page.selectOption("#rule", rule);
const of_rule = await rows.locator("td:nth-child(2)").allTextContents();
holds(of_rule.length > 0 && of_rule.every((text) => text === rule), `use: filtered by ${rule}, shown ${of_rule}`);
await page.selectOption("#rule", "");

const key = await rows.first().locator("summary").textContent();
await page.fill("#search", key);
holds((await rows.count()) >= 1 && (await rows.count()) < all, "use: the search does not narrow the list");
await page.fill("#search", "no such text anywhere");
holds((await rows.count()) === 0, "use: the search finds what is not there");
await page.fill("#search", "");
holds((await rows.count()) === all, "use: an empty search does not show all again");

const head = page.locator("#worklist thead th").nth(1);
for (const [order, sign] of [["ascending", 1], ["descending", -1]]) {
  await head.locator("button").click();
  holds((await head.getAttribute("aria-sort")) === order, `use: not sorted ${order}`);
  const shown = await rows.locator("td:nth-child(2)").allTextContents();
  const sorted = [...shown].sort((a, b) => sign * a.localeCompare(b, "en", { numeric: true }));
  holds(JSON.stringify(shown) === JSON.stringify(sorted), `use: rules are not ${order}`);
}

const facts = rows.first().locator("details dl");
holds(!(await facts.isVisible()), "use: a record is open before it is opened");
await rows.first().locator("summary").focus();
await page.keyboard.press("Enter");
holds(await facts.isVisible(), "use: the keyboard does not open a record");
const told = await facts.locator("dt").allTextContents();
for (const name of ["line", "schema", "reason"]) holds(told.includes(name), `use: an opened record does not tell its ${name}`);

const sites = await page.locator("#site option").count();
holds((await page.locator("figure.site:not([hidden])").count()) === 1, "use: more than one site is shown");
await page.selectOption("#site", { index: sites - 1 });
holds((await page.locator("figure.site").nth(sites - 1).isVisible()), "use: the chosen site is not shown");

await page.reload();
await page.keyboard.press("Tab");
holds((await page.evaluate(() => document.activeElement.className)) === "skip", "use: the first stop is no way to the content");

const plain = await open("without scripts", { javaScriptEnabled: false });
holds((await plain.locator("#worklist tbody tr").count()) === all, "without scripts: not every finding is shown");
holds(!(await plain.locator("#search").isVisible()), "without scripts: a search that does nothing is shown");

await end();
