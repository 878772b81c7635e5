import { beforeEach, expect, test } from "vitest";
import { InputSender } from "../src/net/input-sender.js";
import { Reader } from "../src/wire/reader.js";
import { Writer } from "../src/wire/writer.js";
import { plain } from "./support/fake-world.js";
import { pond } from "./support/pond.js";

let sent: unknown[][];
let sender: InputSender;

beforeEach(() => {
  sent = [];
  sender = new InputSender(pond.input, new Writer(), (bytes) => sent.push(plain(new Reader(bytes)) as unknown[]));
});

const at = (now: number, inputTick: number, ackTick = 90, renderTick = 88) => ({ now, inputTick, ackTick, renderTick });

test("one input is sent per tick, with the tick it is meant for", () => {
  sender.set({ swim: 1 });
  for (const tick of [100.1, 100.6, 101.0, 101.9, 102.2]) sender.pump(at(tick * 33, tick));
  expect(sent).toEqual([
    [1, 100, 90, 88 * 16, [[1, 0]]],
    [1, 101, 90, 88 * 16, [[1, 0]]],
    [1, 102, 90, 88 * 16, [[1, 0]]],
  ]);
});

test("ticks that a stall skipped are made up for, at most eight", () => {
  sender.pump(at(0, 100));
  sender.pump(at(100, 103));
  sender.pump(at(2000, 160));
  expect(sent.map(([, first, , , inputs]) => [first, (inputs as unknown[]).length])).toEqual([
    [100, 1],
    [101, 3],
    [153, 8],
  ]);
});

test("a trigger counts once, even when let go before it is sent", () => {
  sender.pump(at(0, 100));
  sender.set({ quack: true });
  sender.set({ quack: false, swim: -1 });
  sender.pump(at(66, 102));
  sender.pump(at(99, 103));
  expect(sent.slice(1).map((m) => m[4])).toEqual([
    [
      [-1, 0],
      [-1, 1],
    ],
    [[-1, 0]],
  ]);
});

test("an acknowledgement goes out when no input has for 200 ms", () => {
  const watcher = new InputSender([], new Writer(), (bytes) => sent.push(plain(new Reader(bytes)) as unknown[]));
  for (let now = 0; now <= 1000; now += 50) watcher.pump(at(now, now / 33, 77, 70));
  expect(sent).toHaveLength(6);
  expect(sent[1]).toEqual([1, 0, 77, 70 * 16, []]);
});

test("nothing is meant for a tick before the first snapshot", () => {
  sender.pump(at(0, 100, 0));
  expect(sent).toEqual([[1, 0, 0, 0, []]]);
});

test("the view tick never goes back and never passes the newest snapshot", () => {
  sender.pump(at(0, 100, 90, 88.5));
  sender.pump(at(33, 101, 90, 87));
  sender.pump(at(66, 102, 90, 95));
  expect(sent.map((m) => m[3])).toEqual([1416, 1416, 1440]);
});

test("a clock that was set back sends no tick twice", () => {
  sender.pump(at(0, 100));
  sender.pump(at(33, 95));
  sender.pump(at(66, 101));
  expect(sent.map((m) => m[1])).toEqual([100, 101]);
});
