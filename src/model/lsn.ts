/** A WAL position as PostgreSQL writes it: 50331744 → `0/3000060`. */
export function formatLsn(bytes: number): string {
  const high = Math.floor(bytes / 2 ** 32)
  const low = bytes - high * 2 ** 32
  return `${high.toString(16).toUpperCase()}/${low.toString(16).toUpperCase()}`
}
