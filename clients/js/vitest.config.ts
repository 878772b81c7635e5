import { defineConfig } from "vitest/config";

export default defineConfig({
  // Simulated minutes take seconds, and several times that on a machine that does other things too.
  test: { testTimeout: 60_000, include: ["sdk/test/**/*.test.ts", "demo/test/**/*.test.ts"], restoreMocks: true },
  resolve: { alias: { "@skirmish-dev/sdk": new URL("sdk/src/index.ts", import.meta.url).pathname } },
});
