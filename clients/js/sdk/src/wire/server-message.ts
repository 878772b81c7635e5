/** Types of the server's messages, element 0 of each: constants, which bundlers put where they are used. */
export const hello = 0;
export const full = 1;
export const delta = 2;
export const events = 3;
export const reply = 4;
export const pong = 5;
export const bye = 6;
export const seat = 7;
