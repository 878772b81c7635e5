/** What the rules in game/arena say and the wire does not. */
export const worldWidth = 4000;
export const worldHeight = 4000;
export const fullHP = 100;

/** World units across the longer side of the window. */
export const viewSpan = 1500;
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

const others = ["#ffb454", "#ff7eb6", "#7aa2ff", "#c3e88d", "#f78c6c", "#c792ea", "#ffe066", "#6bdcff"] as const;

/** A player's colour: the same on every screen, except that one's own ship is always drawn in `colors.me`. */
export function playerColor(player: number): string {
  return others[player % others.length] ?? colors.text;
}
