import type { Family, Sample } from './families.ts'

/** Samples of many moments, kept by series, as OpenMetrics wants them told. */
interface SampleSeries {
  /** Takes in what was true at one moment; moments come in order. */
  add(atMs: number, families: readonly Family[]): void
  /** Everything, a family a piece or less. `startUnixMs` adds to the moments. */
  text(startUnixMs: number): Generator<string>
}

interface Column {
  readonly isGauge: boolean
  /** By moment; undefined where there was none. */
  readonly values: (number | undefined)[]
}

interface FamilyColumns {
  readonly head: string
  readonly columns: Map<string, Column>
}

export function createSeries(): SampleSeries {
  const families = new Map<string, FamilyColumns>()
  const moments: number[] = []
  return {
    add(atMs, present) {
      // Two samples of a series must not have the same time.
      if (atMs <= (moments.at(-1) ?? Number.NEGATIVE_INFINITY)) return
      const moment = moments.push(atMs) - 1
      for (const family of present) {
        if (family.samples.length === 0) continue
        const known = families.get(family.name) ?? { head: headOf(family), columns: new Map() }
        families.set(family.name, known)
        for (const sample of family.samples) put(known.columns, family, sample, moment)
      }
    },
    *text(startUnixMs) {
      const times = moments.map((atMs) => ((startUnixMs + atMs) / 1_000).toFixed(3))
      const afterLast = ((startUnixMs + (moments.at(-1) ?? 0) + AFTER_LAST_MS) / 1_000).toFixed(3)
      for (const { head, columns } of families.values()) {
        yield head
        for (const [name, column] of columns) yield lines(name, column, [...times, afterLast])
      }
    },
  }
}

/** When gauges are said to be no longer known, after the last moment of all. */
const AFTER_LAST_MS = 1_000

/** A counter's family goes without the `_total` of its samples, an info's without `_info`. */
function headOf({ name, help, type }: Family): string {
  const isInfo = name.endsWith('_info')
  const family = name.replace(/_(total|info)$/, '')
  return `# TYPE ${family} ${isInfo ? 'info' : type}\n# HELP ${family} ${escapeText(help)}\n`
}

function put(columns: Map<string, Column>, family: Family, { name, labels, value }: Sample, moment: number): void {
  const key = `${name}{${labelText(labels)}}`
  let column = columns.get(key)
  if (column === undefined) {
    column = { isGauge: family.type === 'gauge' && !family.name.endsWith('_info'), values: [] }
    columns.set(key, column)
  }
  column.values[moment] = value
}

function labelText(labels: Sample['labels']): string {
  let text = ''
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escapeText(String(labels[name]))}"`
  return text
}

function escapeText(text: string): string {
  return /[\\\n"]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"') : text
}

function lines(name: string, { isGauge, values }: Column, times: readonly string[]): string {
  let text = ''
  for (let moment = 0; moment < times.length; moment++) {
    const value = values[moment]
    if (value !== undefined) text += `${name} ${value} ${times[moment]}\n`
    else if (isGauge && moment > 0 && values[moment - 1] !== undefined) text += `${name} NaN ${times[moment]}\n`
  }
  return text
}
