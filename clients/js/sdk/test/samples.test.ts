import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const repository = new URL("../../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, repository), "utf8");

// The samples are checked by tsc with the browser tests.
test.each([
  ["docs/accounts.md", "clients/js/test/samples/accounts.ts"],
  ["docs/rooms.md", "clients/js/test/samples/rooms.ts"],
])("%s shows all of %s, to the letter", (page, sample) => {
  const shown = [...read(page).matchAll(/```ts\n([^]*?)```/g)].map((block) => block[1]!.trim());
  const functions = read(sample).split("\n\n").slice(1).map((part) => part.trim());
  expect(shown).toEqual(functions);
});
