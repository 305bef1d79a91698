/** How long something has lasted so far: tenths below a minute for what is urgent, whole seconds otherwise. */
export function age(ms: number, { isPrecise = false } = {}): string {
  const seconds = Math.max(0, ms) / 1_000
  if (seconds < 60) return isPrecise ? `${(Math.floor(seconds * 10) / 10).toFixed(1)} s` : `${Math.floor(seconds)} s`
  const whole = Math.floor(seconds)
  if (whole < 3_600) return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`
  return `${Math.floor(whole / 3_600)}h ${String(Math.floor((whole % 3_600) / 60)).padStart(2, '0')}m`
}

/** A finished span: `340 ms`, `21.3 s`, `2m 05s`. */
export function lasted(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`
  return age(Math.round(ms / 100) * 100, { isPrecise: true })
}

/** Time since the run began: `3:07`, `1:02:03`. */
export function runTime(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000)
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor((seconds % 3_600) / 60)
  const rest = String(seconds % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

/** `0 B`, `1.2 MiB`: three figures at most. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = count
  let unit = 0
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** Thousands apart: 12 345. */
export function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ' ')
}

/** `0.8`, `12`, `340` milliseconds, or `1.2 s`. */
export function latency(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}

/** Operations a second, without false precision. */
export function perSecond(rate: number): string {
  return rate > 0 && rate < 10 ? rate.toFixed(1).replace(/\.0$/, '') : count(rate)
}

/** Names in an order that people expect: node2 before node10. */
export function sortedNames(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort(byName)
}

const { compare: byName } = new Intl.Collator('en', { numeric: true })

/** Rows in aligned columns, for plain text: a line a row. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
}
