import * as closeCode from "./close-code.js";

const words: Readonly<Record<number, string>> = {
  [closeCode.left]: "You left the room.",
  [closeCode.badMessage]: "The server did not understand this game. Reload the page.",
  [closeCode.unfit]: "This page is older than the server. Reload the page, or run gen again.",
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

/** Says in words, fit to be shown, why a room ended: what `code` of a `RoomClosedError` means. */
export function closeWords(code: number): string {
  return words[code] ?? `The server ended the connection (code ${code}).`;
}
