/** What a section of the bench found: tables for people, the figures behind them, and the aims that they are held to. */
export interface Section {
  readonly title: string
  /** How it was measured, in sentences. */
  readonly notes: string[]
  readonly tables: Table[]
  readonly aims: Aim[]
  /** What could not be measured, and why. */
  readonly failures: string[]
  /** The figures of every round, for results.json. */
  readonly data: unknown[]
}

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: string[][]
}

export interface Aim {
  readonly what: string
  readonly measured: string
  /** Null where the aim cannot be judged. */
  readonly isMet: boolean | null
  /** What sockets that send bytes made before reached in the same rounds: nothing that is made of Node does better. */
  readonly bare?: Omit<Aim, 'what' | 'bare'>
}

export function newSection(title: string, ...notes: string[]): Section {
  return { title, notes, tables: [], aims: [], failures: [], data: [] }
}

export function addTable(section: Section, title: string, columns: readonly string[]): Table {
  const table: Table = { title, columns, rows: [] }
  section.tables.push(table)
  return table
}

/** Runs one part of a section. What goes wrong in it is kept as a failure; only the interruption of all ends the rest. */
export async function attempt(
  section: Section,
  what: string,
  signal: AbortSignal,
  part: () => Promise<void>,
): Promise<void> {
  signal.throwIfAborted()
  try {
    await part()
  } catch (error) {
    signal.throwIfAborted()
    section.failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length % 2 === 1) return sorted[middle] as number
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** The value that this share of the values does not exceed; NaN for none. Sorts what it is given. */
export function percentile(values: Float64Array, share: number): number {
  values.sort()
  return values[Math.max(Math.ceil(values.length * share) - 1, 0)] ?? Number.NaN
}

/** The median of the rounds' own ratios, with the lowest and the highest: `0.93 (0.88–0.97)`. */
export function ratios(values: readonly number[]): string {
  return spread(values, 2)
}

/** The same for quantities; rounds without a figure are left out. */
export function spread(values: readonly number[], digits = 0): string {
  const known = values.filter((value) => !Number.isNaN(value))
  if (known.length === 0) return '–'
  return `${median(known).toFixed(digits)} (${Math.min(...known).toFixed(digits)}–${Math.max(...known).toFixed(digits)})`
}
