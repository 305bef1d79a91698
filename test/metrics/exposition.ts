/** One series of a scrape: its name, its labels as they are written, its value. */
interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  readonly samples: readonly Sample[]
  /** By family. */
  readonly types: Readonly<Record<string, string>>
  /** What Prometheus, or its convention, would not take; empty when it is good. */
  readonly faults: readonly string[]
}

/** Reads Prometheus' text format 0.0.4, strictly enough for what the lab writes. */
export function readExposition(text: string): Exposition {
  const samples: Sample[] = []
  const types: Record<string, string> = {}
  const helps = new Set<string>()
  const seen = new Set<string>()
  const faults: string[] = []
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, what, family, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (what === 'HELP' && family !== undefined) helps.add(family)
    else if (what === 'TYPE' && family !== undefined) types[family] = rest ?? ''
    else {
      const sample = readSample(line)
      if (sample === null) faults.push(`not readable: ${line}`)
      else {
        samples.push(sample)
        faults.push(...faultsOf(sample, types, helps))
      }
      const series = line.slice(0, line.lastIndexOf(' '))
      if (seen.has(series)) faults.push(`twice: ${series}`)
      seen.add(series)
    }
  }
  return { samples, types, faults: [...faults, ...Object.entries(types).flatMap(unitFaults)] }
}

/** The value of the only series with this name and these labels, among others; undefined when there is none. */
export function sampleOf(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = readExposition(text).samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )
  if (found.length > 1) throw new Error(`${found.length} series of ${name} ${JSON.stringify(labels)}`)
  return found[0]?.value
}

function readSample(line: string): Sample | null {
  const [, name, , body, value] = /^([a-z_]+)(\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined || value === undefined) return null
  const labels: Record<string, string> = {}
  const rest = (body ?? '').replace(/([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)",?/g, (_all, key: string, text: string) => {
    labels[key] = text
    return ''
  })
  return rest === '' ? { name, labels, value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value) } : null
}

function faultsOf({ name, value }: Sample, types: Readonly<Record<string, string>>, helps: ReadonlySet<string>) {
  const family = types[name] === undefined ? name.replace(/_(bucket|sum|count)$/, '') : name
  return [
    ...(types[family] === undefined ? [`no TYPE: ${name}`] : []),
    ...(helps.has(family) ? [] : [`no HELP: ${name}`]),
    ...(name.startsWith('chaoslab_') ? [] : [`not one of ours: ${name}`]),
    ...(Number.isFinite(value) ? [] : [`no number: ${name} ${value}`]),
  ]
}

/** Base units at the end of the name, `_total` on counters and on nothing else. */
function unitFaults([family, type]: [string, string]): string[] {
  const isTotal = family.endsWith('_total')
  return [
    ...(isTotal === (type === 'counter') ? [] : [`${type} ${family}: _total is for counters`]),
    ...(type !== 'histogram' || family.endsWith('_seconds') ? [] : [`histogram ${family} without a unit`]),
    ...(/_(ms|milliseconds|minutes|kb|mb)(_|$)/i.test(family) ? [`${family}: not a base unit`] : []),
  ]
}
