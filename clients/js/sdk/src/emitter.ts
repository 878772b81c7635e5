/** Takes a listener off again. */
export type Unsubscribe = () => void;

type Listener = (value: never) => void;

/** Typed listeners by name. `Events` maps each name to what its listeners get. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener>>();

  /** Calls `listener` for each `name` from now on. */
  on<K extends keyof Events>(name: K, listener: (value: Events[K]) => void): Unsubscribe {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(listener));
    return () => set.delete(listener);
  }

  /**
   * @internal A listener that throws does not keep the others, or the connection, from going on; the error is reported. Returns whether
   * anybody listens.
   */
  emit<K extends keyof Events>(name: K, value: Events[K]): boolean {
    const listeners = this.#listeners.get(name);
    for (const listener of listeners ?? []) {
      try {
        (listener as (value: Events[K]) => void)(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    return (listeners?.size ?? 0) > 0;
  }
}
