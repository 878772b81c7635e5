import * as fault from "./faults.js";
import type { ProtocolError } from "./protocol-error.js";

/** By fault, with `$1` to `$4` for the error's values. */
const words: Readonly<Record<number, string>> = {
  [fault.textMessage]: "a text message",
  [fault.messageTooLong]: "a message of $1 bytes",
  [fault.beforeHello]: "message $1 before HELLO",
  [fault.secondHello]: "a second HELLO",
  [fault.otherCodec]: "codec $1 was not offered",
  [fault.noSchema]: "HELLO without a schema that is not ours",
  [fault.tickZero]: "FULL of tick 0",
  [fault.beforeFull]: "DELTA before FULL",
  [fault.unknownMessage]: "unknown message $1",
  [fault.otherProtocol]: "protocol $1; this client speaks $2",
  [fault.hashLength]: "a hash of $1 bytes",
  [fault.noTickRate]: "tick rate 0",
  [fault.desync]: "desync: a delta over $1 ticks does not fit the baseline $2",
  [fault.outOfRange]: "$1: $2 is not in $3..$4",
  [fault.arrayLength]: "array of $1 elements; $2 are expected",
  [fault.stringTooLong]: "string of $1 bytes; at most $2 are allowed",
  [fault.notUtf8]: "string is not UTF-8",
  [fault.beyondEnd]: "$1 elements, pairs or bytes where $2 bytes are left",
  [fault.tooDeep]: "nested too deeply",
  [fault.bytesLeft]: "$1 bytes left over",
  [fault.intTooLarge]: "integer is too large",
  [fault.notFinite]: "$1 is not finite",
  [fault.endsEarly]: "message ends early",
  [fault.unexpectedType]: "byte $1 at $2 begins a value of another type",
  [fault.countTooLarge]: "body: a count is too large",
  [fault.countOver]: "body: a count of $1; at most $2 are possible",
  [fault.bitsEndEarly]: "body: bits end early",
  [fault.bitsLeft]: "body: bits left over",
  [fault.unusedBit]: "body: an unused bit is set",
  [fault.badIdentity]: "$1: bad identity of an entity that enters in slot $2",
  [fault.alreadyKnown]: "$1: slot $2 enters but is known",
  [fault.checksum]: "checksum does not match at tick $1",
  [fault.eventOrder]: "event $1 comes after event $2",
  [fault.tooManyEvents]: "$1 events in a message; at most $2 are allowed",
  [fault.eventWithoutTick]: "event without a tick",
  [fault.idWithoutText]: "string table event has an id without a text",
  [fault.unknownEvent]: "event $1 is not in the schema",
  [fault.leavesUnknown]: "$1: one leaves that is not known",
  [fault.needless]: "$1: a record without a change",
  [fault.otherCode]: "$1: a residual has a code that is not its own",
};

/** Says in words, for the people who make a server or the network before it, what was wrong with its bytes. */
export function protocolWords({ fault: number, values, message }: ProtocolError): string {
  return words[number]?.replace(/\$(\d)/g, (_, i: string) => String(values[Number(i) - 1])) ?? message;
}
