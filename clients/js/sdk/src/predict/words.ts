import { floatWordOf, maxFloat, type Field } from "../state/field.js";

/** The word that the server packs a row's value into: rounded to the step, clamped to the range or wrapped. */
export function wordOf(field: Field, value: number | boolean): number {
  const { lo, hi } = field;
  const n = Math.fround(Number(value)) || 0;
  if (field.kind === "f32") return floatWordOf(Math.min(maxFloat, Math.max(-maxFloat, n)));
  if (field.kind !== "fixed") return Math.min(hi, Math.max(lo, Math.trunc(Number(value)) || 0)) | 0;
  const index = Math.floor((n - field.base) / field.step + 0.5);
  if (field.wrap) return Math.abs(index) > 2 ** 52 ? 0 : field.reduce(index);
  return Math.min(hi, Math.max(lo, index)) | 0;
}

/** How far `a` is from `b`, in the field's own units; the shorter way round for `wrap`. */
export function difference(field: Field, a: number, b: number): number {
  const steps = field.moved(b, a);
  return field.kind === "fixed" ? steps * field.step : steps;
}

/** What the server reads of a value that {@link Field.write} sends; not for kind `str`. */
export function sentValue(field: Field, value: unknown): number | boolean {
  const n = field.sendable(value);
  if (field.kind === "bool") return n !== 0;
  return field.kind === "f32" ? n : field.scaled(n);
}
