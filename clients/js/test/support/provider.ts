import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An OpenID provider on loopback that confirms everybody at once, as `person`. */
export interface TestProvider {
  readonly issuer: string;
  /** Who signs in; undefined: nobody, the provider refuses. */
  person: string | undefined;
  close(): void;
}

const clientId = "game";

/** Starts a provider for the client `game` with the secret `hidden`. */
export async function startProvider(): Promise<TestProvider> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  /** What was asked for, by code. */
  const asked = new Map<string, URLSearchParams>();
  const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  function idToken(nonce: string | null): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: provider.issuer, aud: clientId, sub: provider.person, nonce, name: "Olga", iat: now, exp: now + 60 };
    const text = `${base64url({ alg: "RS256", kid: "k" })}.${base64url(claims)}`;
    return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const back = new URL(query.get("redirect_uri")!);
    back.searchParams.set("state", query.get("state")!);
    if (provider.person === undefined) back.searchParams.set("error", "access_denied");
    else {
      const code = randomBytes(16).toString("hex");
      asked.set(code, query);
      back.searchParams.set("code", code);
    }
    response.writeHead(302, { Location: back.href }).end();
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const part of request) body += String(part);
    const form = new URLSearchParams(body);
    const code = form.get("code") ?? "";
    const query = asked.get(code);
    asked.delete(code);
    const verifier = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    if (query === undefined || verifier !== query.get("code_challenge")) json(response, { error: "invalid_grant" }, 400);
    else json(response, { access_token: "x", token_type: "Bearer", id_token: idToken(query.get("nonce")) });
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url!, provider.issuer);
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json(response, {
          issuer: provider.issuer,
          authorization_endpoint: `${provider.issuer}/authorize`,
          token_endpoint: `${provider.issuer}/token`,
          jwks_uri: `${provider.issuer}/jwks`,
          id_token_signing_alg_values_supported: ["RS256"],
        });
      case "/jwks":
        return json(response, { keys: [{ ...publicKey.export({ format: "jwk" }), alg: "RS256", use: "sig", kid: "k" }] });
      case "/authorize":
        return authorize(url.searchParams, response);
      case "/token":
        return void token(request, response);
    }
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const provider: TestProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    person: "person-1",
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return provider;
}

function json(response: ServerResponse, value: object, status = 200): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}
