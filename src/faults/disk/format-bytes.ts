const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `0 bytes`, `512 MiB`, `2.0 GiB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  const amount = bytes / 1024 ** power
  return `${power === 0 || amount >= 10 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power]}`
}
