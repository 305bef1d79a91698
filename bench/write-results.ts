import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus, release, totalmem } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { type Bench, withClient } from './bench.ts'
import type { Aim, Section, Table } from './result.ts'

/** What the figures hold for. */
export interface Setting {
  readonly machine: string
  readonly versions: Readonly<Record<string, string>>
  readonly cluster: string
}

/** A section, and what it was measured under. */
interface Measured {
  readonly isQuick: boolean
  readonly setting: Setting
  /** Of the machine's processors, what its host gave to others meanwhile: 0 to 1; earlier versions did not look. */
  readonly stolenShare?: number
  readonly section: Section
}

interface Kept extends Measured {
  readonly ranAt: string
}

const ORDER = ['closed', 'open', 'naive', 'start', 'running', 'cost']

export async function describeSetting({ lab, address }: Bench): Promise<Setting> {
  const load = createRequire(import.meta.url)
  const versionOf = (file: string) => (load(file) as { version: string }).version
  const postgres = await withClient(address.write, lab.postgres, async (client) => {
    const { rows } = await client.query('SHOW server_version')
    return String(rows[0].server_version)
  })
  const engine = await promisify(execFile)('docker', ['version', '--format', '{{.Server.Version}}']).then(
    ({ stdout }) => stdout.trim(),
    () => 'unknown',
  )
  const gibibytes = (totalmem() / 1_024 ** 3).toFixed(0)
  return {
    machine: `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${gibibytes} GiB, Linux ${release().split('-')[0]}, Docker ${engine}`,
    versions: {
      chaoslab: versionOf('../package.json'),
      node: process.versions.node,
      'node-postgres': versionOf('pg/package.json'),
      PostgreSQL: postgres,
      Patroni: await patroniVersion(lab.patroni.nodes[0]?.rest),
    },
    cluster: `${lab.name}: ${lab.patroni.nodes.length} nodes`,
  }
}

async function patroniVersion(rest: string | undefined): Promise<string> {
  try {
    const answer = await fetch(new URL('/patroni', rest), { signal: AbortSignal.timeout(2_000) })
    return ((await answer.json()) as { patroni: { version: string } }).patroni.version
  } catch {
    return 'unknown'
  }
}

/** Puts one section's results beside those of the others that were kept, and writes RESULTS.md anew from all. */
export async function writeResults(folder: string, name: string, measured: Measured): Promise<void> {
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, 'results.json')
  const before = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Record<string, Kept>,
    () => ({}) as Record<string, Kept>,
  )
  const all: Record<string, Kept> = {
    ...before,
    [name]: { ranAt: new Date().toISOString(), ...measured },
  }
  await writeFile(file, `${JSON.stringify(all, null, 2)}\n`)
  await writeFile(path.join(folder, 'RESULTS.md'), toMarkdown(all))
}

function toMarkdown(all: Readonly<Record<string, Kept>>): string {
  const parts = ['# What was measured', 'Written by `npm run bench`; every round’s figures are in `results.json`.']
  for (const { ranAt, isQuick, setting, stolenShare, section } of ORDER.flatMap((name) => all[name] ?? [])) {
    parts.push(`## ${section.title}`)
    if (isQuick) parts.push('**Short rounds, for trying: these figures are worth nothing.**')
    const versions = Object.entries(setting.versions).map(([name, version]) => `${name} ${version}`)
    const stolen =
      stolenShare === undefined ? '' : ` · ${(stolenShare * 100).toFixed(1)} % of the cores given to others by the host`
    parts.push(
      `${ranAt.slice(0, 16).replace('T', ' ')} UTC · ${setting.machine}${stolen} · ${setting.cluster} · ${versions.join(', ')}`,
    )
    parts.push(section.notes.join(' '))
    for (const table of section.tables)
      parts.push(...(table.title === '' ? [] : [`### ${table.title}`]), tableOf(table))
    if (section.failures.length > 0) {
      parts.push('### Could not be measured', section.failures.map((failure) => `- ${failure}`).join('\n'))
    }
    if (section.aims.length > 0) parts.push('### Aims', section.aims.map((aim) => `- ${formatAim(aim)}`).join('\n'))
  }
  return `${parts.join('\n\n')}\n`
}

function tableOf({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)].join('\n')
}

/** For the terminal. */
export function formatSection(section: Section): string {
  const lines = ['', section.title, '═'.repeat(section.title.length)]
  for (const table of section.tables) {
    if (table.rows.length === 0) continue
    lines.push('', ...(table.title === '' ? [] : [table.title]), ...columnsOf(table))
  }
  for (const failure of section.failures) lines.push('', `✗ could not be measured: ${failure}`)
  if (section.aims.length > 0) lines.push('', ...section.aims.map(formatAim))
  return lines.join('\n')
}

function columnsOf({ columns, rows }: Table): string[] {
  const all = [columns, ...rows]
  const widths = columns.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function formatAim({ what, measured, isMet, bare }: Section['aims'][number]): string {
  const why = isMet === false && bare !== undefined ? `; bare Node ${bare.measured}: ${whatBareShows(bare)}` : ''
  return `${isMet === null ? '–' : isMet ? '✓' : '✗'} ${what}: ${measured}${why}`
}

function whatBareShows({ isMet }: Pick<Aim, 'isMet'>): string {
  return isMet ? 'the difference is the lab’s own' : 'no client made of Node reaches it here'
}
