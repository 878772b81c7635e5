import type { RoomOptions } from "@skirmish-dev/sdk";
import type { Arena } from "./arena.gen.js";

/** A whole number in the page's address, or undefined. */
function given(query: URLSearchParams, name: string): number | undefined {
  const n = Number.parseInt(query.get(name) ?? "", 10);
  return Number.isNaN(n) ? undefined : Math.max(0, n);
}

/**
 * What the page's address asks to do otherwise, for comparison: `?predict=off`, `?delay=100` (milliseconds behind the newest
 * snapshot, instead of as far as the network asks for), `?extrapolate=0`.
 */
export function variant(search: string, predict: NonNullable<RoomOptions<Arena>["predict"]>): RoomOptions<Arena> {
  const query = new URLSearchParams(search);
  const delayMs = given(query, "delay");
  const extrapolateMs = given(query, "extrapolate");
  return {
    ...(query.get("predict") === "off" ? {} : { predict }),
    interpolation: {
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(extrapolateMs === undefined ? {} : { extrapolateMs }),
    },
  };
}
