import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const repository = new URL("../../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, repository), "utf8");

// The samples are checked by tsc with the browser tests. The blocks of a page are one module, from its import on.
test.each([
  ["docs/accounts.md", "clients/js/test/samples/accounts.ts"],
  ["docs/rooms.md", "clients/js/test/samples/rooms.ts"],
  ["docs/concepts/prediction.md", "clients/js/test/samples/prediction.ts"],
])("%s shows all of %s, to the letter", (page, sample) => {
  const shown = [...read(page).matchAll(/```ts\n([^]*?)```/g)].map((block) => block[1]!.trim());
  expect(shown.join("\n\n")).toEqual(read(sample).trim());
});
