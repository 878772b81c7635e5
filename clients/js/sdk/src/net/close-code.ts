/** The close codes of PROTOCOL.md section 9 that this client sends or names: constants, which bundlers put where they are used. */
export const left = 1000;
export const badMessage = 4000;
export const unfit = 4001;
export const kicked = 4002;
export const replaced = 4003;
export const tooMany = 4004;
export const matchOver = 4005;
export const goingDown = 4100;
export const tooFarBehind = 4101;
export const roomFailed = 4102;
export const noJoin = 4103;
export const silent = 4104;
export const placeGone = 4105;
