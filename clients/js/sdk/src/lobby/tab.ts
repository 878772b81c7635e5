/**
 * Decides which browser tab may use the refresh cookie. All tabs of a browser share that cookie, yet a second tab is to be a
 * second guest (two tabs on one account would throw each other out of their rooms). So:
 *
 * - The tab that holds the Web Lock "skirmish.tab" uses the cookie; it holds it as long as it lives. Its sessionStorage
 *   remembers who it is, so that a reload comes back as the same guest.
 * - Any other tab signs in with credentials "omit": the browser neither sends nor stores a cookie, so the first tab's stays
 *   good. Its guest lasts as long as its access token; after that it signs in as a new guest of the same name. A room it
 *   plays in is not touched by that: a socket once open needs no token.
 * - A duplicated tab copies sessionStorage but cannot get the lock, so it is a second guest too.
 *
 * Without Web Locks (plain http off localhost) the marker alone decides: the newest tab's guest owns the cookie, and an older
 * tab finds a stranger's id in the answer to its refresh, drops that answer and signs in anew.
 */
export interface Tab {
  /** Waits until it is clear whether this tab uses the cookie. */
  ownsCookie(): Promise<boolean>;
  /** Who this tab was before a reload. */
  remembered(): Marker | undefined;
  remember(marker: Marker): void;
}

export interface Marker {
  readonly playerId: string;
  readonly name: string;
}

/** The browser features a tab needs; tests pass their own. */
export interface TabHost {
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined;
  readonly locks: Pick<LockManager, "request"> | undefined;
}

const lockName = "skirmish.tab";
const markerKey = "skirmish.guest";
/** A reloaded page may find its old self still holding the lock for a moment. */
const lockPatienceMs = 300;

/** The tab this page runs in. */
export function browserTab(host: TabHost = browserHost()): Tab {
  let owner: Promise<boolean> | undefined;
  return {
    ownsCookie: () => (owner ??= holdLock(host.locks)),
    remembered: () => read(host.storage),
    remember: (marker) => host.storage?.setItem(markerKey, JSON.stringify(marker)),
  };
}

function browserHost(): TabHost {
  // Access throws where the user has blocked storage.
  try {
    return { storage: globalThis.sessionStorage, locks: globalThis.navigator?.locks };
  } catch {
    return { storage: undefined, locks: globalThis.navigator?.locks };
  }
}

function holdLock(locks: TabHost["locks"]): Promise<boolean> {
  if (locks === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    // The promise given back never ends: the lock is held until the page goes.
    const held = () => {
      resolve(true);
      return new Promise<never>(() => {});
    };
    locks.request(lockName, { signal: AbortSignal.timeout(lockPatienceMs) }, held).catch(() => resolve(false));
  });
}

function read(storage: TabHost["storage"]): Marker | undefined {
  try {
    const marker: unknown = JSON.parse(storage?.getItem(markerKey) ?? "null");
    if (typeof marker !== "object" || marker === null) return undefined;
    const { playerId, name } = marker as Record<string, unknown>;
    return typeof playerId === "string" && typeof name === "string" ? { playerId, name } : undefined;
  } catch {
    return undefined;
  }
}
