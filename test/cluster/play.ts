import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import { type Suite, suiteSchema } from '../../src/report/suite-schema.ts'
import { type Summary, summarySchema } from '../../src/report/summary-schema.ts'
import { REPORT_FILES } from '../../src/report/write-report.ts'
import { chaoslab, type Ended } from './chaoslab.ts'

/** A scenario played once by the command, and what it has kept. */
export interface Played {
  readonly ended: Ended
  readonly suite: Suite
  /** The folder of its run. */
  readonly run: string
  readonly summary: Summary
  /** What CI reads. */
  readonly junit: string
}

export const ONCE = ['--trials', '1', '--no-metrics']

/** Plays a scenario, and keeps all below this folder. */
export async function play(file: string, folder: string): Promise<Played> {
  const out = await mkdtemp(path.join(folder, 'out-'))
  const junit = path.join(out, 'junit.xml')
  const ended = await chaoslab(['run', file, ...ONCE, '--out', out, '--junit', junit])
  const kept = (await readdir(out, { withFileTypes: true })).find((each) => each.isDirectory())
  if (kept === undefined) throw new Error(`nothing was kept:\n${ended.stdout}${ended.stderr}`)
  const suite = suiteSchema.parse(JSON.parse(await readFile(path.join(out, kept.name, 'suite.json'), 'utf8')))
  const run = path.join(out, kept.name, suite.scenarios[0]?.repeats[0]?.folder ?? '')
  return { ended, suite, run, summary: await summaryOf(run), junit: await readFile(junit, 'utf8') }
}

/** What the run in a folder came to. */
export async function summaryOf(run: string): Promise<Summary> {
  return summarySchema.parse(JSON.parse(await readFile(path.join(run, REPORT_FILES.summary), 'utf8')))
}

/**
 * It went as the scenario expects, which is a pass; unknown only for what a machine that was too busy kept from being
 * measured. What became of every write is known all the same.
 */
export function expectGood({ ended, suite, summary, junit }: Played): void {
  const said = ended.stdout + ended.stderr
  const amiss = summary.checks.filter(
    (check) => check.verdict !== 'pass' && !check.isExpected && !isOwnBlindness(check),
  )
  expect(amiss, said).toEqual([])
  const missed = summary.expectations.filter(({ figure, judgement }) => {
    return judgement === 'fail' || (judgement === 'unknown' && !TIMES.includes(figure))
  })
  expect(missed, said).toEqual([])
  const { judgement } = suite
  expect(ended.code, said).toBe(judgement === 'pass' ? 0 : 2)
  expect(junit).toMatch(/<testcase /)
  expect(junit).not.toMatch(judgement === 'pass' ? /<(failure|error)/ : /<failure/)
}

const TIMES = ['write_outage', 'split_brain', 'redundancy_restored']

/** Where lab and servers had no processor, what came of that is unknown, and says so: that is nobody's fault. */
export function isOwnBlindness({ name, verdict }: Summary['checks'][number]): boolean {
  return verdict === 'unknown' && ['measurement', 'split brain', 'service'].includes(name)
}
