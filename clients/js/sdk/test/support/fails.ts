import { expect } from "vitest";

/** An error about the server's bytes of that kind: one of `faults.ts`. */
export const fails = (fault: number): Error => expect.objectContaining({ name: "ProtocolError", fault }) as Error;
