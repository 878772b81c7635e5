import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["sdk/test/**/*.test.ts", "demo/test/**/*.test.ts"], restoreMocks: true },
  resolve: { alias: { "@skirmish-dev/sdk": new URL("sdk/src/index.ts", import.meta.url).pathname } },
});
