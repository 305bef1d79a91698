import { vi } from 'vitest'

/** Waits until it no longer throws. Far longer than anything takes: a busy machine is no failure. */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: 20_000 })
}
