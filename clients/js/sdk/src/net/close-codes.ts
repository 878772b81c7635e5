import * as closeCode from "./close-code.js";

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
