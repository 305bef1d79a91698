import { vi } from 'vitest'

/** Far longer than anything takes: a busy machine is no failure. */
export const PATIENCE_MS = 60_000

/** Waits until it no longer throws. */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: PATIENCE_MS, interval: 10 })
}
