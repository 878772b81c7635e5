/**
 * Decides which browser tab may use the refresh cookie. All tabs of a browser share that cookie, yet a second tab is to be a
 * second guest (two tabs on one account would throw each other out of their rooms). So, for guests:
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
 *
 * Who signs in with e-mail is one account in all tabs. The cookie is that account's from then on: localStorage says whose, without
 * any secret, and guests of the same browser do without a cookie. The tabs take turns to refresh, each for an access token of its
 * own, because every refresh replaces the cookie.
 */
export interface Tab {
  /** Waits until it is clear whether this tab uses the cookie. */
  ownsCookie(): Promise<boolean>;
  /** Who this tab was before a reload. */
  remembered(): Marker | undefined;
  remember(marker: Marker | undefined): void;
  /** Whose account all tabs of this browser are signed in to. */
  signedIn(): Marker | undefined;
  setSignedIn(marker: Marker | undefined): void;
  /** Runs `work` while no other tab does the same. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export interface Marker {
  readonly playerId: string;
  readonly name: string;
}

/** The browser features a tab needs; tests pass their own. */
export interface TabHost {
  /** Of the tab. */
  readonly storage: Store | undefined;
  /** Of all tabs. */
  readonly shared?: Store | undefined;
  readonly locks: Pick<LockManager, "request"> | undefined;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const lockName = "skirmish.tab";
const refreshLock = "skirmish.refresh";
const markerKey = "skirmish.guest";
const accountKey = "skirmish.account";
/** A reloaded page may find its old self still holding the lock for a moment. */
const lockPatienceMs = 300;

/** The tab this page runs in. */
export function browserTab(host: TabHost = browserHost()): Tab {
  let owner: Promise<boolean> | undefined;
  return {
    ownsCookie: () => (owner ??= holdLock(host.locks)),
    remembered: () => read(host.storage, markerKey),
    remember: (marker) => write(host.storage, markerKey, marker),
    signedIn: () => read(host.shared, accountKey),
    setSignedIn: (marker) => write(host.shared, accountKey, marker),
    // The types of TypeScript say that the lock's promise is one of a promise; it is not.
    alone: (work) => (host.locks === undefined ? work() : (host.locks.request(refreshLock, work) as ReturnType<typeof work>)),
  };
}

function browserHost(): TabHost {
  const locks = globalThis.navigator?.locks;
  // Access throws where the user has blocked storage.
  try {
    return { storage: globalThis.sessionStorage, shared: globalThis.localStorage, locks };
  } catch {
    return { storage: undefined, locks };
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

function write(storage: TabHost["storage"], key: string, marker: Marker | undefined): void {
  if (marker === undefined) storage?.removeItem(key);
  else storage?.setItem(key, JSON.stringify(marker));
}

function read(storage: TabHost["storage"], key: string): Marker | undefined {
  try {
    const marker: unknown = JSON.parse(storage?.getItem(key) ?? "null");
    if (typeof marker !== "object" || marker === null) return undefined;
    const { playerId, name } = marker as Record<string, unknown>;
    return typeof playerId === "string" && typeof name === "string" ? { playerId, name } : undefined;
  } catch {
    return undefined;
  }
}
