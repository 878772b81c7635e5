import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** npm runs scripts in the workspace's folder. */
const repository = resolve("../..");
const startTimeoutMs = 30_000;

/** A Skirmish server in a process of its own, reached through a TCP proxy that can cut its sockets. */
export interface TestServer {
  /** Address for the browser. */
  readonly url: string;
  /** The server's binary. */
  readonly bin: string;
  /** The server's data folder; the e-mails that it sends are files in `mail`. */
  readonly data: string;
  /** Cuts all open WebSockets, or the newest, without a close frame, as a lost network does. Returns how many. */
  cut(which?: "all" | "newest"): number;
  /** Kills the process as a power cut does, and starts it again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The server's binary: SKIRMISH_BIN, or one built now. */
function binary(folder: string): string {
  const given = process.env["SKIRMISH_BIN"];
  if (given) return given;
  const built = join(folder, "skirmish");
  execFileSync("go", ["build", "-o", built, "./cmd/skirmish"], { cwd: repository, stdio: "inherit" });
  return built;
}

/** A certificate for 127.0.0.1 that nobody trusts, made in a folder: arguments of `skirmish serve`. */
export function certificate(folder: string): readonly string[] {
  const root = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  const tool = join(root, "src/crypto/tls/generate_cert.go");
  execFileSync("go", ["run", tool, "--host", "127.0.0.1", "--ecdsa-curve", "P256"], { cwd: folder, stdio: "pipe" });
  return ["--tls-cert", join(folder, "cert.pem"), "--tls-key", join(folder, "key.pem")];
}

/** Starts a server, with `more` arguments of `skirmish serve`. */
export async function startServer(...more: readonly string[]): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "skirmish-"));
  const bin = binary(folder);
  const proxy = new Proxy();
  const url = `${more.includes("--tls-cert") ? "https" : "http"}://127.0.0.1:${await proxy.listen()}`;
  const args = [
    "serve",
    "--listen",
    "127.0.0.1:0",
    "--admin-listen",
    "127.0.0.1:0",
    "--public-url",
    url,
    "--data",
    join(folder, "data"),
    ...more,
  ];
  let child: ChildProcess;
  const start = async () => {
    // Tests share their machine, so that ticks are late without the server being at its limit.
    const env = { ...process.env, SKIRMISH_ADMIT_LATENESS: "0" };
    child = spawn(bin, args, { stdio: ["ignore", "ignore", "pipe"], env });
    try {
      proxy.target = await listeningPort(child);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  };
  await start();
  return {
    url,
    bin,
    data: join(folder, "data"),
    cut: (which) => proxy.cut(which ?? "all"),
    restart: async () => {
      await end("SIGKILL");
      await start();
    },
    stop: async () => {
      await end("SIGTERM");
      proxy.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Reads the server's log until it says where it listens; an early end fails with what it said. */
function listeningPort(child: ChildProcess): Promise<number> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the server ${why}:\n${said.join("\n")}`));
    const timer = setTimeout(() => fail("did not start in time"), startTimeoutMs);
    child.once("exit", (code) => fail(`ended with code ${code}`));
    child.once("error", (error) => fail(String(error)));
    createInterface({ input: child.stderr! }).on("line", (line) => {
      said.push(line);
      const addr = /"addr":"[^"]*:(\d+)"/.exec(line);
      if (addr === null) return;
      clearTimeout(timer);
      resolve(Number(addr[1]));
    });
  });
}

/** Passes bytes on, and remembers which connections are WebSockets. */
class Proxy {
  target = 0;
  #server: Server;
  #open = new Set<Socket>();
  #games: Socket[] = [];

  constructor() {
    // Otherwise the proxy holds back small messages, which are all there is.
    this.#server = createServer({ noDelay: true }, (from) => this.#accept(from));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  cut(which: "all" | "newest"): number {
    const open = this.#games.filter((s) => !s.destroyed);
    const cut = which === "all" ? open : open.slice(-1);
    for (const socket of cut) socket.destroy();
    return cut.length;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #accept(from: Socket): void {
    const to = connect({ port: this.target, host: "127.0.0.1", noDelay: true });
    from.once("data", (head) => {
      if (head.toString("latin1").startsWith("GET /v1/play")) this.#games.push(from);
    });
    for (const [a, b] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#open.add(a);
      a.pipe(b);
      a.on("error", () => b.destroy());
      a.on("close", () => {
        this.#open.delete(a);
        b.destroy();
      });
    }
  }
}
