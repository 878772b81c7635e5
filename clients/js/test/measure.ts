// Measures how the arena feels behind bad networks, in Chromium, and writes docs/concepts/feel.json and the table of feel.md.
//
//   npm run measure [SECONDS [RTT,... [STALLS,...]]]
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { resolve } from "node:path";
import type { Browser } from "playwright-core";
import { launch, Player } from "./support/browser.js";
import { startServer } from "./support/server.js";
import { Recorder } from "./measure/recorder.js";
import { felt, table, type Cell, type Report } from "./measure/report.js";
import { fly, samples, startSampling } from "./measure/sampler.js";

const [forSeconds, ofRtts, ofStalls] = process.argv.slice(2);
const list = (given: string | undefined, otherwise: number[]) => given?.split(",").map(Number) ?? otherwise;
const seconds = Number(forSeconds ?? 30);
const rtts = list(ofRtts, [0, 50, 150, 300]);
const stalls = list(ofStalls, [0, 0.05]);
/** Only a run over all networks is written down. */
const whole = ofRtts === undefined;

/** The smallest round trip counts for ten seconds; then the page has got used to its network. */
const settleMs = 12_000;
const bots = 8;
/** Of the conditions compared: what is usual without any of it. */
const plain = "?predict=off&delay=100&extrapolate=0";

const server = await startServer();
const others = spawn(
  server.bin,
  ["bots", "--url", server.url, "--clients", String(bots), "--duration", "3600s"],
  { stdio: "ignore" },
);
const browser = await launch();
try {
  const cells: Cell[] = [];
  for (const rttMs of rtts) for (const part of stalls) cells.push(await measure(browser, rttMs, part));
  console.log(table(cells));
  const report: Report = {
    command: "npm run measure",
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores, ${cpus()[0]?.model}, load average ${loadavg()[1]!.toFixed(1)}`,
    browser: `Chromium ${browser.version()}, headless`,
    seconds,
    cells,
  };
  if (whole) write(report);
} finally {
  others.kill();
  await browser.close();
  await server.stop();
}

/** Both clients play at the same time in the same room, each behind its own network of the same kind. */
async function measure(browser: Browser, rttMs: number, part: number): Promise<Cell> {
  const network = { rttMs, jitterMs: rttMs === 0 ? 0 : 10, stalls: part };
  const players: Player[] = [];
  for (const [name, query] of [
    ["Ours", ""],
    ["Fixed", plain],
  ] as const) {
    const context = await browser.newContext({ viewport: { width: 480, height: 320 } });
    players.push(await Player.join(context, `${server.url}/${query}`, name, network));
  }
  const [ours, fixed] = players as [Player, Player];
  const recorder = await Recorder.watch(browser, server.url, (await ours.see()).roomId);
  await ours.page.waitForTimeout(settleMs);
  await Promise.all(players.map(startSampling));
  await Promise.all(players.map((player) => fly(player, seconds)));
  const [a, b] = await Promise.all([samples(ours), samples(fixed)]);
  const truth = await recorder.take();
  const cell = { ...network, ours: felt(a, truth), fixed: felt(b, truth) };
  await recorder.stop();
  for (const player of players) await player.page.context().close();
  console.log(JSON.stringify(cell));
  return cell;
}

/** The JSON, and the table between the marks of the page. */
function write(report: Report): void {
  const folder = resolve("../../docs/concepts");
  writeFileSync(`${folder}/feel.json`, `${JSON.stringify(report, undefined, 1)}\n`);
  const file = `${folder}/feel.md`;
  const { date, machine, browser, seconds } = report;
  const how = `\`${report.command}\` in \`clients/js\`, ${date}, ${machine}, ${browser}, ${seconds} s for each network.`;
  const page = readFileSync(file, "utf8");
  const [before, , after] = page.split(/<!-- measured(?: ends)? -->/);
  writeFileSync(file, `${before}<!-- measured -->\n${table(report.cells)}\n\n${how}\n<!-- measured ends -->${after}`);
}
