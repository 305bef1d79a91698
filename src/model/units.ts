/** Reading and writing quantities as people do. */

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/
const RATE = /^(\d+(?:\.\d+)?)(?:\s*\/\s*s)?$/
const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** `30s`, `1.5m`, `200ms` → milliseconds; null when it is none. */
export function parseDuration(text: string): number | null {
  const [, number, unit] = DURATION.exec(text.trim()) ?? []
  return number === undefined ? null : Number(number) * MS[unit as keyof typeof MS]
}

/** `200/s` or `200` → operations a second; null when it is none. */
export function parseRate(text: string): number | null {
  const number = RATE.exec(text.trim())?.[1]
  return number === undefined ? null : Number(number)
}

/** Whether it is one at all, and within bounds, both included. */
export function isBetween(value: number | null, min: number, max: number): boolean {
  return value !== null && value >= min && value <= max
}

/** 7.62 s, 340 ms, 2 min 5 s: for people, three figures at most. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1_000).toFixed(2)} s`
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** Minutes and seconds since the run began: `03:07.4`. */
export function formatClock(ms: number): string {
  const tenths = Math.floor(ms / 100)
  const minutes = Math.floor(tenths / 600)
  return `${String(minutes).padStart(2, '0')}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`
}

/** A WAL position as PostgreSQL writes it: 50331744 → `0/3000060`. */
export function formatLsn(bytes: number): string {
  const high = Math.floor(bytes / 2 ** 32)
  const low = bytes - high * 2 ** 32
  return `${high.toString(16).toUpperCase()}/${low.toString(16).toUpperCase()}`
}
