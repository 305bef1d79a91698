import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Suite, suiteSchema } from '../../src/report/suite-schema.ts'
import { chaoslab, type Ended } from './chaoslab.ts'

/** A scenario played once by the command, and what it has kept. */
export interface Played {
  readonly ended: Ended
  readonly suite: Suite
  /** The folder of its run. */
  readonly run: string
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
  return {
    ended,
    suite,
    run: path.join(out, kept.name, suite.scenarios[0]?.repeats[0]?.folder ?? ''),
    junit: await readFile(junit, 'utf8'),
  }
}
