import { expect, test } from "vitest";
import * as fault from "../src/errors/faults.js";
import { ProtocolError } from "../src/errors/protocol-error.js";
import { protocolWords } from "../src/errors/protocol-words.js";

test("every fault has a number and words of its own", () => {
  const numbers = Object.values(fault);
  const words = numbers.map((number) => protocolWords(new ProtocolError(number, 1, 2, 3, 4)));
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(new Set(words).size).toBe(numbers.length);
  for (const text of words) expect(text).not.toMatch(/server's fault|\$/);
});

test("an error names its fault and its values, and the words hold them", () => {
  const error = new ProtocolError(fault.outOfRange, "x", 9, 0, 8);
  expect(error.message).toBe(`server's fault ${fault.outOfRange} (x,9,0,8); see protocolWords`);
  expect(protocolWords(error)).toBe("x: 9 is not in 0..8");
  expect(protocolWords(new ProtocolError("schema: bad name"))).toBe("schema: bad name");
});
