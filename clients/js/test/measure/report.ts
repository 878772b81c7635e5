import type { Truth } from "./recorder.js";
import type { Presses, Samples } from "./sampler.js";

/** The middle of a distribution and its end. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/** From the events of a key to the first pictures that show what they did. */
export interface Reaction {
  /** Presses that the spreads are of. */
  readonly answered: number;
  readonly dropped: number;
  readonly unfit: number;
  readonly pictures: Spread;
  readonly ms: Spread;
}

/** How it felt for one client on one network. */
export interface Felt {
  /** To the first picture in which the own ship has turned. */
  readonly key: Reaction;
  /** To the first picture with the shot. */
  readonly shot: Reaction;
  /** Distance of others to where the server had them at the tick drawn. Units of the arena. */
  readonly error: Spread;
  /** How long ago the server was at the tick drawn. Milliseconds. */
  readonly age: Spread;
  readonly delayMs: number;
  readonly correctionsPerMinute: number;
  readonly bytesPerSecond: number;
  readonly picturesPerSecond: number;
}

export interface Cell {
  readonly rttMs: number;
  readonly jitterMs: number;
  readonly stalls: number;
  readonly ours: Felt;
  readonly fixed: Felt;
}

export interface Report {
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly browser: string;
  readonly seconds: number;
  readonly cells: readonly Cell[];
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN);
  return { p50: at(0.5), p99: at(0.99) };
}

const round = (n: number) => Math.round(n * 100) / 100;

export function felt(samples: Samples, truth: Truth): Felt {
  const errors: number[] = [];
  const ages: number[] = [];
  for (const { at, tick, others } of samples.pictures) {
    ages.push(at - truth.timeOf(tick));
    for (const { owner, x, y } of others) {
      const real = truth.at(owner, tick);
      if (real !== undefined) errors.push(Math.hypot(x - real.x, y - real.y));
    }
  }
  const reaction = ({ answers, dropped, unfit }: Presses): Reaction => ({
    answered: answers.length,
    dropped,
    unfit,
    pictures: spread(answers.map((a) => a.pictures)),
    ms: spread(answers.map((a) => a.ms)),
  });
  return {
    key: reaction(samples.turns),
    shot: reaction(samples.shots),
    error: spread(errors),
    age: spread(ages),
    delayMs: spread(samples.pictures.map((p) => p.delayMs)).p50,
    correctionsPerMinute: round((60 * samples.corrections) / samples.seconds),
    bytesPerSecond: Math.round(samples.bytes / samples.seconds),
    picturesPerSecond: Math.round(samples.pictures.length / samples.seconds),
  };
}

/** The table of docs/concepts/feel.md. */
export function table(cells: readonly Cell[]): string {
  const head = [
    "| network | | key to picture: pictures, ms | answered, dropped | shot to picture | answered, dropped | error, units | age, ms | delay, ms | " +
      "corrections / min | B/s |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
  ];
  const n = (x: number) => (Number.isNaN(x) ? "-" : x.toFixed(x < 10 && x !== Math.round(x) ? 1 : 0));
  const two = ({ p50, p99 }: Spread) => `${n(p50)} / ${n(p99)}`;
  const press = (r: Reaction) => `${two(r.pictures)}, ${two(r.ms)} | ${r.answered}, ${r.dropped}`;
  const line = (first: string, name: string, f: Felt) =>
    `| ${first} | ${name} | ${press(f.key)} | ${press(f.shot)} | ${two(f.error)} | ` +
    `${two(f.age)} | ${n(f.delayMs)} | ${n(f.correctionsPerMinute)} | ${f.bytesPerSecond} |`;
  const lines = cells.flatMap(({ rttMs, stalls, ours, fixed }) => [
    line(`${rttMs} ms, ${100 * stalls} % stalls`, "Skirmish", ours),
    line("", "fixed 100 ms", fixed),
  ]);
  return [...head, ...lines].join("\n");
}
