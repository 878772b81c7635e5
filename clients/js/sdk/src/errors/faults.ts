/**
 * What can be wrong with the server's bytes, each as a number with words in {@link protocolWords}. They are constants of their own, and not
 * an object's, so that bundlers put the numbers where they are used. A number is never used for something else.
 */
export const textMessage = 1;
export const messageTooLong = 2;
export const beforeHello = 3;
export const secondHello = 4;
export const otherCodec = 5;
export const noSchema = 6;
export const tickZero = 7;
export const beforeFull = 8;
export const unknownMessage = 9;
export const otherProtocol = 10;
export const hashLength = 11;
export const noTickRate = 12;
export const desync = 13;
export const outOfRange = 14;
export const arrayLength = 15;
export const stringTooLong = 16;
export const notUtf8 = 17;
export const beyondEnd = 18;
export const tooDeep = 19;
export const bytesLeft = 20;
export const intTooLarge = 21;
export const notFinite = 22;
export const endsEarly = 23;
export const unexpectedType = 24;
export const countTooLarge = 25;
export const countOver = 26;
export const bitsEndEarly = 27;
export const bitsLeft = 28;
export const unusedBit = 29;
export const badIdentity = 30;
export const alreadyKnown = 31;
export const checksum = 32;
export const eventOrder = 33;
export const tooManyEvents = 34;
export const eventWithoutTick = 35;
export const idWithoutText = 36;
export const unknownEvent = 37;
export const leavesUnknown = 38;
export const needless = 39;
export const otherCode = 40;
