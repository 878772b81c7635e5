import * as fault from "../errors/faults.js";
import { ProtocolError } from "../errors/protocol-error.js";
import type { Reader } from "./reader.js";

const maxDepth = 16;

/** Skips one value of any type: that of a map's key which this client does not know, or a body of codec plain. */
export function skip(r: Reader, depth = 0): void {
  if (depth > maxDepth) throw new ProtocolError(fault.tooDeep);
  const b = r.peek();
  const among = (from: number, to: number) => b >= from && b <= to;
  let values = 0;
  if (b === 0xc2 || b === 0xc3) r.bool();
  else if (among(0xa0, 0xbf) || among(0xd9, 0xdb)) r.str(r.left);
  else if (among(0xc4, 0xc6)) r.bin();
  else if (among(0x90, 0x9f) || among(0xdc, 0xdd)) values = r.array();
  else if (among(0x80, 0x8f) || among(0xde, 0xdf)) values = 2 * r.map();
  else if (!r.nil()) r.number();
  for (; values > 0; values--) skip(r, depth + 1);
}
