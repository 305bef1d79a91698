/** What a fault can have left, or that nobody could look. */
export interface Leftover {
  readonly text: string
  /** Null where the text says what to do, or nothing can be said. */
  readonly byHand: string | null
  /** Nothing is to be done about it, and `heal` does nothing. */
  readonly goesByItself?: boolean
  /** It could not be looked at, so there is nothing known that could be healed. */
  readonly isUntold?: boolean
}

/** What was found; or, where nobody could look, `what` with why. @throws the signal's reason when that aborts */
export async function orUntold<T>(
  what: string,
  signal: AbortSignal,
  look: () => Promise<readonly T[]>,
): Promise<readonly (T | Leftover)[]> {
  try {
    return await look()
  } catch (error) {
    signal.throwIfAborted()
    return [untold(what, error)]
  }
}

export function untold(what: string, error: unknown): Leftover {
  return { text: `${what}: ${(error as Error).message}`, byHand: null, isUntold: true }
}
