/** What the rules in game/arena say and the wire does not. */
export const worldWidth = 4000;
export const worldHeight = 4000;
export const fullHP = 100;
/** Units per second squared, units per second, and the part of the speed lost per second. */
export const thrust = 520;
export const maxSpeed = 420;
export const drag = 0.35;

/** World units across the longer side of the window. */
export const viewSpan = 1250;
export const shipRadius = 18;

export const colors = {
  space: "#080c18",
  grid: "#141d35",
  gridStrong: "#1c2847",
  edge: "#ff6b6b",
  me: "#5ee6d0",
  text: "#e8edf7",
  dim: "#8d99b5",
} as const;

/**
 * A player's colour: the same on every screen, except that one's own ship is always drawn in `colors.me`, whose hues nobody
 * else gets. Players who came one after another get hues far apart.
 */
export function playerColor(player: number): string {
  return `hsl(${200 + ((player * 7) % 12) * 24} 88% 71%)`;
}
