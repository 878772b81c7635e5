import { expect, test } from "vitest";
import { lobbyTypes, type Schema } from "../../test/support/lobby-types.js";

const document = (properties: Record<string, Schema>, more: Record<string, Schema> = {}) => ({
  paths: {
    "/v1/things/{id}": {
      get: {
        operationId: "getThing",
        responses: { "200": { content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } } }, "404": {} },
      },
    },
  },
  components: { schemas: { Thing: { properties, required: ["max_size"] }, ...more } },
});

test("a schema becomes an interface in camel case, and what may be missing is optional", () => {
  const types = lobbyTypes(
    document({
      max_size: { type: "integer", description: "In bytes." },
      names: { type: ["array", "null"], items: { type: "string" } },
      state: { type: "string", enum: ["open", "full"] },
      free_form: {},
    }),
  );
  expect(types).toContain("  /** In bytes. */\n  readonly maxSize: number;");
  expect(types).toContain("readonly names?: readonly string[] | null;");
  expect(types).toContain('readonly state?: "open" | "full";');
  expect(types).toContain("readonly freeForm?: unknown;");
  expect(types).toContain('new Set(["free_form"])');
  expect(types).toContain("path: `/v1/things/${string}` | `/v1/things/${string}?${string}`;");
  expect(types).toContain("answer: Thing;");
});

test("a property that is free in one schema and has names to translate in another is refused", () => {
  const other = (name: string) => ({
    Other: { properties: { data: { type: "array", items: { $ref: "#/components/schemas/Part" } } } },
    Part: { properties: { [name]: { type: "string" } } },
  });
  expect(() => lobbyTypes(document({ data: {} }, other("part_name")))).toThrow("free in another: data");
  expect(lobbyTypes(document({ data: {} }, other("name")))).toContain('new Set(["data"])');
});
