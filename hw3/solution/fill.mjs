/** @import { Suite } from '../../src/report/suite-schema.ts' */
/** @import { Measured, Outage, Step, Value, Why } from './measured.mjs' */
/** @typedef {typeof import('./english.mjs').words} Words */
/**
 * @typedef {'replica-off' | 'leader-off' | 'leader-killed' | 'leader-paused' | 'leader-cut-off'
 *   | 'leader-cut-off-synchronous' | 'etcd-member-off' | 'etcd-leader-off' | 'quorum-lost' | 'quorum-lost-failsafe'
 *   | 'proxy-off' | 'proxy-off-two-endpoints' | 'all-off'} Tag
 */
/** @typedef {{ title: string, done: string, lesson: (m: Measured, tell: Teller) => string }} About */
/** @typedef {About & { readonly found: Measured }} Case */
import { measured, servedAfterFault, stepsOf } from './measured.mjs'

/**
 * The homework's report as Markdown, in the language of these words. Numbers and causes are those of the suite; what it
 * did not measure is said to be missing.
 * @param {Suite} suite
 * @param {Words} words
 */
export function fill(suite, words) {
  const tags = /** @type {Tag[]} */ (Object.keys(words.cases))
  /** @param {string} tag */
  const find = (tag) => measured(suite, tag)
  const missing = tags.filter((tag) => find(tag) === null)
  const cases = tags.flatMap((tag) => {
    const found = find(tag)
    return found === null ? [] : [{ ...words.cases[tag], found }]
  })
  const tell = teller(words)
  const first = cases[0]?.found.looks[0]?.text
  const blocks = [
    `# ${words.title}`,
    ...words.how(aboutSuite(suite)),
    missing.length === 0 ? '' : words.missing(missing.map((tag) => words.cases[tag].title)),
    `## ${words.cluster.title}`,
    words.cluster.parts,
    first === undefined ? words.notMeasured : fenced(first),
    words.cluster.reading,
    `## ${words.overview.title}`,
    overview(cases, words),
    words.overview.note,
    `## ${words.enough.title}`,
    ...words.enough.paragraphs(find, tell),
    `## ${words.production.title}`,
    ...words.production.paragraphs(find, tell),
    `## ${words.casesTitle}`,
    ...cases.flatMap((each) => aboutCase(each, words, tell)),
    `## ${words.reproduce.title}`,
    words.reproduce.text,
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** @param {Case[]} cases @param {Words} words */
function overview(cases, words) {
  const rows = cases.map(({ title, found }) => {
    /** @param {string} figure @param {(value: Value) => string} cell */
    const cells = (figure, cell) => {
      return onceIfSame(found.values(figure).map(cell)).join(', ')
    }
    /** @param {Value} value */
    const outage = (value) => (value === 0 ? words.overview.none : durationOf(value, words))
    /** @param {Value} value */
    const count = (value) => countOf(value, words)
    return [
      title,
      cells('write_outage', outage),
      cells('read_outage', outage),
      cells('lost_writes', count),
      cells('failovers', count),
      found.isAlways('failovers', 0) ? '–' : cells('redundancy_restored', (value) => durationOf(value, words)),
      words.judgement[found.judgement],
    ]
  })
  return table(words.overview.columns, rows)
}

/** @param {Case} about @param {Words} words @param {Teller} tell */
function aboutCase({ title, done, lesson, found }, words, tell) {
  const { judgement, why, looks } = found
  return [
    `### ${title}`,
    done,
    [tell.ability(found, 'write'), tell.ability(found, 'read'), ...reasons(found, words), ...served(found, words)].join(
      ' ',
    ),
    whereItWent(found, words),
    [lesson(found, tell), words.lost(tell.counts(found, 'lost_writes'))].filter((text) => text !== '').join(' '),
    judgement === 'pass' ? '' : `**${words.unexpected[judgement]}** ${why}`,
    ...looks.slice(1).map(({ label, text }) => `${nameOf(label, words)}:\n\n${fenced(text)}`),
  ]
}

/** What explains the longest outages, a sentence for each kind that there was. @param {Measured} found @param {Words} words */
function reasons(found, words) {
  const [writes, reads] = [found.longest('write'), found.longest('read')]
  if (writes === null || reads === null) return found.hasAny('write_outage') ? [words.notKept] : []
  const told = kindsOf(writes, words)
  const ofReads = kindsOf(reads, words).filter((each) => !told.includes(each))
  return [...told, ...ofReads.map((each) => words.ofReads(each))]
}

/** @param {Outage[]} outages @param {Words} words */
function kindsOf(outages, words) {
  return distinct(outages.map(({ cause }) => wordFor(words.kinds, cause ?? 'unknown', 'cause of an outage')))
}

/** For how long nobody noticed, where that was long. @param {Measured} found @param {Words} words */
function served(found, words) {
  const lengths = servedAfterFault(found.longest('write') ?? [])
  return lengths.some((ms) => ms >= WORTH_TELLING_MS) ? [words.served(words.and(lengths.map(words.duration)))] : []
}

const WORTH_TELLING_MS = 1_000

/** How long each step of the longest write outages took, and why. @param {Measured} found @param {Words} words */
function whereItWent(found, words) {
  const steps = stepsOf(found.longest('write') ?? [])
  return steps.length === 0
    ? ''
    : table(
        words.steps.columns,
        steps.map((step) => stepRow(step, words)),
      )
}

/** @param {Step} step @param {Words} words */
function stepRow({ isSteadying, lengths, whys }, words) {
  const told = lengths.map((ms) => (ms === undefined ? '–' : ms === null ? words.notOver : words.duration(ms)))
  const names = isSteadying
    ? [words.steps.steady]
    : distinct(whys.map(({ awaited, cause }) => nameOfStep(awaited, cause?.type ?? null, words)))
  const causes = distinct(whys.map((why) => causeOf(why, words)).filter((text) => text !== ''))
  return [names.join('; '), onceIfSame(told).join(', '), causes.join('; ') || '–']
}

/** @param {string} awaited @param {string | null} cause @param {Words} words */
function nameOfStep(awaited, cause, words) {
  const special = /** @type {Record<string, string>} */ (words.steps.byCause)[`${awaited} ${cause}`]
  return special ?? wordFor(words.steps.names, awaited, 'step')
}

/** @param {Why} why @param {Words} words */
function causeOf({ awaited, cause, unproven }, words) {
  if (cause === null) return ''
  const text = wordFor(words.causes, cause.type, `cause of the step ${awaited}`)(/** @type {any} */ (cause))
  return unproven === null ? text : words.unproven(wordFor(words.whyUnproven, unproven, 'reason'), text)
}

/**
 * The words for a value; a value without any must not be passed over.
 * @template T
 * @param {Record<string, T>} words
 * @param {string} value
 * @param {string} what
 */
function wordFor(words, value, what) {
  const found = Object.hasOwn(words, value) ? words[value] : undefined
  if (found === undefined) throw new Error(`there are no words for ${value}, the ${what}`)
  return found
}

/**
 * What was measured, in words.
 * @typedef {object} Teller
 * @property {(found: Measured, kind: 'write' | 'read') => string} ability Whether clients could go on, in a sentence.
 * @property {(found: Measured, figure: string) => string} durations `22.5 s`, or one for each repeat.
 * @property {(found: Measured, figure: string, none?: string) => string} outages The same, with a word for none.
 * @property {(found: Measured, figure: string) => string} counts
 */

/** @param {Words} words @returns {Teller} */
function teller(words) {
  return {
    ability(found, kind) {
      const values = found.values(`${kind}_outage`)
      const had = values.filter((value) => value !== 0 && value !== null)
      if (values.includes(null)) return words.ability.notMeasured[kind]
      const gaps = found.values(`${kind}_gap`).filter((value) => typeof value === 'number')
      const gap = gaps.length < values.length ? '' : words.duration(Math.max(...gaps))
      if (had.length === 0) return words.ability.always[kind](gap)
      const lengths = words.and(had.map((value) => durationOf(value, words)))
      return words.ability.not[kind](lengths, had.length, values.length)
    },
    durations: (found, figure) => words.and(onceIfSame(found.values(figure).map((value) => durationOf(value, words)))),
    outages: (found, figure, none = words.none) =>
      words.and(onceIfSame(found.values(figure).map((value) => (value === 0 ? none : durationOf(value, words))))),
    counts: (found, figure) => words.and(onceIfSame(found.values(figure).map((value) => countOf(value, words)))),
  }
}

/** @param {Value} value @param {Words} words */
function durationOf(value, words) {
  if (value === null) return words.notMeasured
  return typeof value === 'number' ? words.duration(value) : words.atLeast(words.duration(value.atLeast))
}

/** @param {Value} value @param {Words} words */
function countOf(value, words) {
  if (value === null) return words.notMeasured
  return typeof value === 'number' ? String(value) : words.atLeast(String(value.atLeast))
}

/** @param {Suite} suite */
export function aboutSuite({ startedAt, durationMs, version, versions, scenarios }) {
  return {
    date: startedAt.slice(0, 10),
    durationMs,
    scenarios: scenarios.length,
    runs: scenarios.reduce((sum, { repeats }) => sum + repeats.length, 0),
    lab: version,
    versions,
    settings: scenarios.find(({ settings }) => settings !== null)?.settings ?? null,
  }
}

/** @param {string} label @param {Words} words */
function nameOf(label, words) {
  const name = /** @type {Record<string, string>} */ (words.looks)[label] ?? label
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
}

/** Of repeats that all came to the same, one is enough. @param {readonly string[]} texts */
function onceIfSame(texts) {
  return new Set(texts).size === 1 ? texts.slice(0, 1) : texts
}

/** @param {readonly string[]} texts */
function distinct(texts) {
  return [...new Set(texts)]
}

/** @param {readonly string[]} columns @param {readonly (readonly string[])[]} rows */
function table(columns, rows) {
  /** @param {readonly string[]} cells */
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

/** What containers print may hold anything, backticks too. @param {string} text */
function fenced(text) {
  return `~~~text\n${text.replaceAll('~~~', '~ ~ ~')}\n~~~`
}
