import { expect, test } from "vitest";
import { Lobby } from "../src/lobby/lobby.js";
import { Parties, partyCode } from "../src/lobby/parties.js";
import { browserTab } from "../src/lobby/tab.js";

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });

/** The parties of a guest; each request is seen, and answered with `answer`. */
async function parties(answer: () => Response) {
  const seen: string[] = [];
  const lobby = new Lobby({
    fetch: (url, init) => {
      if (url === "/v1/auth/guest") return Promise.resolve(json({ player_id: "g1", access_token: "a", expires_in: 600 }));
      seen.push(`${init.method} ${url} ${(init.body as string | undefined) ?? ""}`.trim());
      return Promise.resolve(answer());
    },
    tab: browserTab({ storage: undefined, locks: undefined }),
  });
  await lobby.guest("Ann");
  return { parties: new Parties(lobby), seen };
}

test("a party is made, joined and led by requests of its routes, with names as the wire has them", async () => {
  const { parties: p, seen } = await parties(() => json({ id: "p1", leader_id: "g1", members: [{ player_id: "g1" }] }));
  expect(await p.create()).toMatchObject({ leaderId: "g1", members: [{ playerId: "g1" }] });
  await p.join("ABC");
  await p.ready(true, { latencyMs: { us_east: 20 } });
  await p.kick("g 2");
  await p.lead("g2");
  await p.renewCode();
  await p.leave();
  expect(seen).toEqual([
    "POST /v1/party",
    'POST /v1/party/join {"code":"ABC"}',
    'POST /v1/party/ready {"latency_ms":{"us_east":20},"ready":true}',
    "DELETE /v1/party/members/g%202",
    'POST /v1/party/leader {"player_id":"g2"}',
    "POST /v1/party/code",
    "DELETE /v1/party",
  ]);
});

test("who is in no party has none, and any other refusal is an error", async () => {
  expect(await (await parties(() => json({ code: "no_party" }, 404))).parties.mine()).toBeUndefined();
  await expect((await parties(() => json({ code: "busy" }, 503))).parties.mine()).rejects.toMatchObject({ code: "busy" });
});

test("a link's code is behind the #, beside whatever else is there", () => {
  expect(partyCode("#party=K5QXE3DFMN")).toBe("K5QXE3DFMN");
  expect(partyCode("#a=1&party=X")).toBe("X");
  expect(partyCode("")).toBeUndefined();
});
