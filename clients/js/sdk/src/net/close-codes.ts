/** The close codes of PROTOCOL.md section 9 that this client sends or names. */
export const closeCode = {
  left: 1000,
  badMessage: 4000,
  unfit: 4001,
  kicked: 4002,
  replaced: 4003,
  tooMany: 4004,
  matchOver: 4005,
  goingDown: 4100,
  tooFarBehind: 4101,
  roomFailed: 4102,
  noJoin: 4103,
  silent: 4104,
  placeGone: 4105,
} as const;

const words: Readonly<Record<number, string>> = {
  [closeCode.left]: "You left the room.",
  [closeCode.badMessage]: "The server did not understand this game. Reload the page.",
  [closeCode.unfit]: "This page is older than the server. Reload the page.",
  [closeCode.kicked]: "You were removed from the room.",
  [closeCode.replaced]: "You joined from another window.",
  [closeCode.tooMany]: "This page sent too much at once.",
  [closeCode.matchOver]: "The match is over.",
  [closeCode.goingDown]: "The connection to the server was lost.",
  [closeCode.tooFarBehind]: "The connection is too slow to keep up.",
  [closeCode.roomFailed]: "The game failed in this room; see the server's log.",
  [closeCode.noJoin]: "The server did not hear from this page in time.",
  [closeCode.silent]: "The server did not hear from this page for too long.",
  [closeCode.placeGone]: "Your place in the room was given up.",
};

/** Says in words why a connection ended. */
export function closeWords(code: number): string {
  return words[code] ?? `The server ended the connection (code ${code}).`;
}

/**
 * Codes that a browser or a server makes up when a connection ends without a close frame, or the server goes: they count as
 * lost.
 */
const lost = [1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015];

/** The protocol's code for what a socket reported. */
export function normalizeCode(code: number): number {
  return lost.includes(code) ? closeCode.goingDown : code;
}

/** Whether the room keeps the player's place after a socket reported this code. */
export function keepsPlace(code: number): boolean {
  return lost.includes(code) || code === closeCode.tooFarBehind || code === closeCode.silent;
}

/** Whether a client may come back after this code. */
export function mayReconnect(code: number): boolean {
  return code >= 4100 && code <= 4199;
}
