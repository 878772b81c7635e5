import { expect, test } from "vitest";
import { move } from "../../test/samples/prediction.js";

// The figures are those of docs/predicted-tag/main_test.go.
test.each([
  [false, 346.66663, 53.33332],
  [true, 371.3334, 28.666689],
])("the predicted step of the sample comes to the bits of the server's: it is %s", (it, x, y) => {
  const runner = { owner: 1, x: 100, y: 300, it };
  for (let tick = 0; tick < 37; tick++) move(runner, { dx: 1, dy: -1 }, Math.fround(1 / 30));
  expect(runner).toEqual({ owner: 1, x: Math.fround(x), y: Math.fround(y), it });
});
