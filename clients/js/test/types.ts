// Writes sdk/src/lobby/api.gen.ts, the types of the lobby's REST interface, from the OpenAPI document of a server that it starts.
//
//   npm run types
import { writeFileSync } from "node:fs";
import { lobbyTypes, type OpenAPI } from "./support/lobby-types.js";
import { startServer } from "./support/server.js";

const server = await startServer();
try {
  const document = (await (await fetch(`${server.url}/v1/openapi.json`)).json()) as OpenAPI;
  writeFileSync("sdk/src/lobby/api.gen.ts", lobbyTypes(document));
} finally {
  await server.stop();
}
