/** @import { Suite, SuiteScenario } from '../../src/report/suite-schema.ts' */
/** @typedef {number | { readonly atLeast: number } | null} Value One repeat's: `atLeast` was not over, null not measured. */
/** @typedef {NonNullable<SuiteScenario['repeats'][number]['outages']>[number]} Outage */
/** @typedef {{ readonly awaited: string, readonly cause: { readonly type: string } | null, readonly unproven: string | null }} Why */
/** @typedef {{ readonly awaited: string, readonly isSteadying: boolean, readonly lengths: (number | null | undefined)[], readonly whys: Why[] }} Step */

/**
 * What a suite measured of the scenario with this tag; null when it has none.
 * @param {Suite} suite
 * @param {string} tag
 */
export function measured(suite, tag) {
  const found = suite.scenarios.filter(({ tags }) => tags.includes(tag))
  if (found.length > 1) throw new Error(`${found.length} scenarios of the suite have the tag ${tag}`)
  return found[0] === undefined ? null : measuredOf(found[0])
}

/** @typedef {ReturnType<typeof measuredOf>} Measured */

/** @param {SuiteScenario} scenario */
function measuredOf(scenario) {
  const { repeats, judgement, why } = scenario
  /** @param {string} figure @returns {Value[]} */
  const values = (figure) => repeats.map(({ figures }) => figures[figure] ?? null)
  return {
    judgement,
    why,
    runs: repeats.length,
    looks: repeats[0]?.looks ?? [],
    values,
    /** Whether every repeat was measured, and had exactly this. @param {string} figure @param {number} value */
    isAlways: (figure, value) => repeats.length > 0 && values(figure).every((each) => each === value),
    /** Whether some repeat had more than none of it. @param {string} figure */
    hasAny: (figure) => values(figure).some((each) => each !== null && each !== 0),
    /** Whether every repeat had it, and it was over. @param {string} figure */
    isAlwaysOver: (figure) => repeats.length > 0 && values(figure).every((each) => typeof each === 'number'),
    /** The longest outage of each repeat that had one; null where nobody kept what explains it. */
    longest: longestOf(repeats),
  }
}

/** @param {SuiteScenario['repeats']} repeats */
function longestOf(repeats) {
  /** @param {'write' | 'read'} kind @returns {Outage[] | null} */
  return (kind) => {
    if (repeats.some(({ outages }) => outages === undefined)) return null
    return repeats.flatMap(({ outages }) => {
      const ofKind = (outages ?? []).filter((outage) => outage.kind === kind)
      return ofKind.sort((a, b) => b.atLeastMs - a.atLeastMs).slice(0, 1)
    })
  }
}

/**
 * The steps of these outages, in order: how long each took by outage (null where it was not over, undefined where it
 * did not come), and why.
 * @param {Outage[]} outages
 * @returns {Step[]}
 */
export function stepsOf(outages) {
  /** @type {Map<string, Step>} */
  const steps = new Map()
  for (const [index, { phases }] of outages.entries()) {
    const during = phases.filter(({ stage }) => stage === 'during')
    for (const [at, phase] of during.entries()) {
      const { awaited, pass, durationMs, cause, unproven } = phase
      const isSteadying = awaited === 'first-ack' && during[at - 1]?.awaited === 'flicker'
      const key = `${pass} ${awaited} ${isSteadying}`
      const step = steps.get(key) ?? { awaited, isSteadying, lengths: outages.map(() => undefined), whys: [] }
      // Some come twice in one pass, such as a first client that gets through: together they took so long.
      step.lengths[index] = durationMs === null ? null : (step.lengths[index] ?? 0) + durationMs
      step.whys.push({ awaited, cause, unproven })
      steps.set(key, step)
    }
  }
  return [...steps.values()]
}

/**
 * How long clients were still served after the fault, by outage.
 * @param {Outage[]} outages
 */
export function servedAfterFault(outages) {
  return outages.map(({ phases }) =>
    phases.filter(({ stage }) => stage === 'before').reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0),
  )
}

/**
 * The least share of these outages that went by for this cause, from 0 to 1.
 * @param {Outage[] | null} outages
 * @param {string} type
 */
export function shareOf(outages, type) {
  const shares = (outages ?? []).map(({ phases, atLeastMs }) => {
    const of = phases.filter(({ stage, cause, unproven }) => stage === 'during' && cause?.type === type && !unproven)
    return of.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0) / Math.max(1, atLeastMs)
  })
  return shares.length === 0 ? 0 : Math.min(...shares)
}
