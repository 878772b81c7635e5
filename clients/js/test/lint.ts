// Checks the OpenAPI document of a server that it starts with Spectral.
//
//   npm run lint
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { startServer } from "./support/server.js";

const file = "node_modules/.cache/openapi.json";
const server = await startServer();
try {
  writeFileSync(file, await (await fetch(`${server.url}/v1/openapi.json`)).text());
} finally {
  await server.stop();
}
const args = ["lint", "--ruleset", "openapi.spectral.yaml", "--fail-severity", "warn", file];
const { status } = spawnSync("node_modules/.bin/spectral", args, { stdio: "inherit" });
process.exitCode = status ?? 1;
