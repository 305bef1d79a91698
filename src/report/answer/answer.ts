import type { FigureValue } from '../figures.ts'
import type { Suite, SuiteScenario } from '../suite-schema.ts'
import { english } from './english.ts'
import { type Question, questions } from './questions.ts'
import { russian } from './russian.ts'
import type { Measured, Words } from './words.ts'

export type Language = 'en' | 'ru'

const WORDS: Readonly<Record<Language, Words>> = { en: english, ru: russian }

/**
 * The homework's report as Markdown: every number in it is one of the suite's, and what the suite did not measure is
 * said to be missing.
 */
export function toAnswer(suite: Suite, language: Language): string {
  const words = WORDS[language]
  const cases = questions.flatMap((question) => {
    const scenario = suite.scenarios.find((each) => each.question === question)
    return scenario === undefined ? [] : [{ question, scenario, measured: measure(scenario, words) }]
  })
  const missing = questions.filter((question) => !cases.some((each) => each.question === question))
  const first = cases[0]?.scenario.repeats[0]?.looks[0]?.text ?? null
  const measuredBy = new Map<Question, Measured>(cases.map(({ question, measured }) => [question, measured]))
  const blocks = [
    `# ${words.title}`,
    words.how(aboutSuite(suite, words)),
    `## ${words.cluster.title}`,
    words.cluster.parts,
    first === null ? words.notMeasured : fenced(first),
    words.cluster.reading,
    `## ${words.overview.title}`,
    table(
      words.overview.columns,
      cases.map(({ question, scenario, measured }) => [
        words.questions[question].title,
        measured.writeOutage,
        measured.readOutage,
        measured.lost,
        measured.failovers,
        measured.redundancy,
        words.judgement[scenario.judgement],
      ]),
    ),
    words.overview.note,
    `## ${words.casesTitle}`,
    ...cases.flatMap(({ question, scenario, measured }) => aboutCase(question, scenario, measured, words)),
    `## ${words.enough.title}`,
    ...words.enough.paragraphs((question) => measuredBy.get(question) ?? null),
    `## ${words.production.title}`,
    ...words.production.paragraphs((question) => measuredBy.get(question) ?? null),
    `## ${words.reproduce.title}`,
    words.reproduce.text,
    missing.length === 0 ? '' : words.missing(missing.map((question) => words.questions[question].title)),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function aboutCase(question: Question, scenario: SuiteScenario, measured: Measured, words: Words): string[] {
  const about = words.questions[question]
  const looks = scenario.repeats[0]?.looks.slice(1) ?? []
  const failed = scenario.judgement === 'pass' ? '' : `**${words.judgement[scenario.judgement]}**: ${scenario.why}`
  return [
    `### ${about.title}`,
    about.done,
    about.answer(measured),
    failed,
    ...looks.map(({ label, text }) => `${words.looks[label] ?? capitalised(label)}:\n\n${fenced(text)}`),
  ]
}

/** The figures of one scenario as the answer tells them: one value for each repeat. */
function measure({ repeats }: SuiteScenario, words: Words): Measured {
  const values = (name: string) => repeats.map(({ figures }) => figures[name] ?? null)
  const durations = (name: string) =>
    values(name)
      .map((value) => tellDuration(value, words))
      .join(', ')
  const counts = (name: string) =>
    values(name)
      .map((value) => tellCount(value, words))
      .join(', ')
  const worst = (name: string) => {
    const all = values(name)
    if (all.length === 0 || all.includes(null)) return null
    return Math.max(...all.map((value) => (typeof value === 'number' ? value : Number.POSITIVE_INFINITY)))
  }
  return {
    repeats: repeats.length,
    writeOutage: durations('write_outage'),
    readOutage: durations('read_outage'),
    lost: counts('lost_writes'),
    unknown: counts('unknown_writes'),
    failovers: counts('failovers'),
    redundancy: durations('redundancy_restored'),
    splitBrain: durations('split_brain'),
    keyGone: durations('time_to_key_gone'),
    keyTaken: durations('time_to_key_taken'),
    promotion: durations('time_to_promotion'),
    worstWriteOutageMs: worst('write_outage'),
    worstReadOutageMs: worst('read_outage'),
    mostLost: worst('lost_writes'),
  }
}

function tellDuration(value: FigureValue, words: Words): string {
  if (value === null) return words.notMeasured
  if (typeof value !== 'number') return words.notOver
  return value === 0 ? words.none : words.duration(value)
}

function tellCount(value: FigureValue, words: Words): string {
  return value === null ? words.notMeasured : typeof value === 'number' ? String(value) : words.notOver
}

function aboutSuite({ startedAt, durationMs, version, versions, scenarios }: Suite, words: Words) {
  const settings = scenarios.find((scenario) => scenario.settings !== null)?.settings ?? null
  const unknown = words.notMeasured
  return {
    date: startedAt.slice(0, 10),
    duration: words.duration(durationMs),
    scenarios: scenarios.length,
    runs: scenarios.reduce((sum, { repeats }) => sum + repeats.length, 0),
    lab: version,
    patroni: versions?.patroni ?? unknown,
    postgresql: versions?.postgresql ?? unknown,
    etcd: versions?.etcd ?? unknown,
    docker: versions?.docker ?? unknown,
    timing:
      settings === null
        ? unknown
        : `ttl ${settings.ttlSeconds}, loop_wait ${settings.loopWaitSeconds}, retry_timeout ${settings.retryTimeoutSeconds}`,
    proxy:
      settings?.proxyCheck == null
        ? unknown
        : `inter ${settings.proxyCheck.interSeconds}s fall ${settings.proxyCheck.fall} rise ${settings.proxyCheck.rise}`,
    probeMs: settings?.probeIntervalMs ?? null,
  }
}

export type AboutSuite = ReturnType<typeof aboutSuite>

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

/** What containers print may hold anything, backticks too. */
function fenced(text: string): string {
  return `~~~text\n${text.replaceAll('~~~', '~ ~ ~')}\n~~~`
}

function capitalised(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
