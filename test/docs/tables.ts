import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { Registry } from 'prom-client'
import { parse } from 'yaml'
import { buildProgram } from '../../src/cli/main.ts'
import { costMetrics } from '../../src/metrics/cost.ts'
import { systemMetrics } from '../../src/metrics/system-metrics.ts'
import { figures } from '../../src/report/figures.ts'
import { aimForms } from '../../src/scenario/aim.ts'
import { conditionForms } from '../../src/scenario/condition.ts'
import { catalogue } from '../../src/systems/catalogue.ts'
import { systems } from '../../src/systems/systems.ts'
import { firstOfEach, keyLabels, keyTable, placeNames } from '../../src/tui/keys.ts'
import { workloads } from '../../src/workloads/workloads.ts'

/** What the pages show between `<!-- NAME: generated … -->` and `<!-- /NAME -->`, as Markdown. */
export const tables: Readonly<Record<string, () => string>> = {
  commands: () => {
    const help = buildProgram().createHelp()
    return table(
      ['command', 'what it does'],
      shownCommands().map((each) => [
        code(`chaoslab ${help.subcommandTerm(each)}`.replace(' start', '')),
        each.description(),
      ]),
    )
  },
  help: () => shownCommands().map(helpOf).join('\n\n'),
  keys: () =>
    table(
      ['key', 'where', 'what it does'],
      firstOfEach(keyTable).map((binding) => [
        keyLabels(binding).split(' ').map(code).join(' '),
        `${placeNames[binding.panel]}${binding.mode === 'replay' ? ' in a replay' : ''}`,
        `${binding.description}${binding.dangerous ? ' (asks first)' : ''}`,
      ]),
    ),
  faults: () =>
    table(
      ['family', 'fault', 'aimed at', 'what it does', 'settings'],
      catalogue().map(({ fault, family, about, aims, settings }) => {
        const names = settings.map(({ name, initial }) => code(`${name}${initial === '' ? '' : `=${initial}`}`))
        // A long list would push everything else off the page: `chaoslab faults` has it all.
        const shown = names.length > 5 ? [...names.slice(0, 4), '…'] : names
        return [family, code(fault), aims.join(', '), about, shown.join(' ')]
      }),
    ),
  'fault-settings': () =>
    table(
      ['fault', 'setting', 'if left out', 'what it can be'],
      catalogue().flatMap(({ fault, settings }) =>
        settings.map(({ name, initial, allowed, isRequired }) => [
          code(fault),
          code(name),
          isRequired ? 'must be given' : initial === '' ? '' : code(initial),
          allowed,
        ]),
      ),
    ),
  targets: () =>
    table(
      ['system', 'roles'],
      systems.map(({ type, roles }) => [type, roles.map(({ name }) => code(name)).join(', ')]),
    ),
  conditions: () =>
    table(
      ['`wait:`', 'what it can be'],
      [['healthy', ''], ...Object.entries(conditionForms)].map(([key = '', form = '']) => [
        code(key),
        form === '' ? '' : code(form),
      ]),
    ),
  moments: () =>
    table(
      ['`at:`'],
      aimForms.map((form) => [code(form)]),
    ),
  workloads: () =>
    table(
      ['type', 'what clients do'],
      workloads.map(({ type, about }) => [code(type), about]),
    ),
  scenarios: () => scenarioFolders.map(scenariosIn).join('\n\n'),
  figures: () =>
    table(
      ['figure', 'in', 'what it is'],
      figures.map(({ name, unit, about }) => [code(name), UNITS[unit], about]),
    ),
  metrics: metricsTable,
  alerts: alertsTable,
}

const UNITS = { count: 'a count', duration: 'time', share: 'a share' }

/** What runs without a command first, which `--help` does not list; without what only a shell asks. */
function shownCommands(): readonly Command[] {
  return buildProgram().commands.filter((each) => each.name() !== 'complete')
}

/** As `chaoslab NAME --help` prints it on a wide terminal. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 110 }).outputHelp()
  return `### chaoslab ${command.name()}\n\n\`\`\`text\n${text.trim()}\n\`\`\``
}

/** Of every lab that ships; `compare` holds what is run on several of them. */
const scenarioFolders = [
  'hw3/scenarios',
  'hw3/scenarios/homework',
  ...readdirSync('labs', { recursive: true, encoding: 'utf8' })
    .filter((folder) => /^[^/]+\/(scenarios(\/[^/.]+)?|compare)$/.test(folder))
    .map((folder) => `labs/${folder}`)
    .sort(),
]

function scenariosIn(folder: string): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  const rows = files.sort().map((file) => {
    const { name, description } = parse(readFileSync(path.join(folder, file), 'utf8')) as Record<string, string>
    return [`[${file}](../${folder}/${file})`, `**${name}**${description === undefined ? '' : `. ${description}`}`]
  })
  return `**${folder}**\n\n${table(['file', 'what it is'], rows)}`
}

function metricsTable(): string {
  const registry = new Registry()
  systemMetrics(registry)
  costMetrics(registry)
  const metrics = registry.getMetricsAsArray() as unknown as readonly {
    readonly name: string
    readonly help: string
    readonly labelNames?: readonly string[]
  }[]
  return table(
    ['metric', 'labels', 'what it is'],
    metrics.map(({ name, help, labelNames = [] }) => [code(name), labelNames.map(code).join(' '), help]),
  )
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}

interface Rule {
  /** None of a recording rule. */
  readonly alert?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

function alertsTable(): string {
  const folder = 'hw3/prometheus/rules'
  const files = readdirSync(folder).filter((file) => file.endsWith('.yml'))
  const rules = files.flatMap((file) => {
    const { groups } = parse(readFileSync(path.join(folder, file), 'utf8')) as Rules
    return groups.flatMap((group) => group.rules)
  })
  return table(
    ['alert', 'severity', 'what it says'],
    rules.flatMap(({ alert, labels, annotations }) =>
      alert === undefined ? [] : [[code(alert), labels?.severity ?? '', plain(annotations?.summary ?? '')]],
    ),
  )
}

/** A template of Prometheus without what only an alert that fires can fill in. */
function plain(template: string): string {
  return template
    .replaceAll(/\{\{ (if|with|end)\b[^}]*\}\}/g, '')
    .replaceAll('{{ else }}', ' or ')
    .replaceAll(/\{\{[^}]*\}\}/g, '…')
}

function code(text: string): string {
  return `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim()
}
