/**
 * Measures the lab against pgbench and itself, on the cluster that is up:
 *
 *   npm run bench -- [closed] [open] [naive] [start] [running] [cost] [--rounds N] [--quick] [--full] [--lab FILE] [--out FOLDER]
 *
 * Without names all six run, for about twenty-five minutes. --quick takes short rounds, for trying, and writes its results
 * elsewhere. --full adds what leaves gigabytes of WAL behind. The results go to results.json and RESULTS.md; a section
 * that was not run keeps what was found before. The exit code is 1 when something could not be measured.
 */
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { interruptSignal } from '../dist/cli/interrupt.js'
import { type Bench, watchStolen, withBench } from './bench.ts'
import { closedLoop } from './closed.ts'
import { ownCost } from './cost.ts'
import { naive } from './naive.ts'
import { openLoop } from './open.ts'
import { newSection, type Section } from './result.ts'
import { runningCost } from './running.ts'
import { startTimes } from './starting.ts'
import { describeSetting, formatSection, writeResults } from './write-results.ts'

const sections: Readonly<Record<string, (bench: Bench) => Promise<Section>>> = {
  closed: closedLoop,
  open: openLoop,
  naive,
  start: startTimes,
  running: runningCost,
  cost: ownCost,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    lab: { type: 'string', default: fileURLToPath(new URL('../hw3/lab.yaml', import.meta.url)) },
    out: { type: 'string' },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(sections)
const unknown = names.find((name) => !Object.hasOwn(sections, name))
if (unknown !== undefined) {
  console.error(`no such section: ${unknown} (there are ${Object.keys(sections).join(', ')})`)
  process.exit(2)
}
const out =
  values.out ??
  (values.quick ? path.join(tmpdir(), 'chaoslab-bench-quick') : fileURLToPath(new URL('.', import.meta.url)))
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
const options = { labFile: path.resolve(values.lab), isQuick: values.quick, isFull: values.full, rounds }
const signal = interruptSignal()

try {
  await withBench(options, signal, async (bench) => {
    const setting = await describeSetting(bench)
    for (const name of names) {
      const stolen = watchStolen()
      const section = await runSection(name, bench)
      console.log(formatSection(section))
      if (section.failures.length > 0) process.exitCode = 1
      await writeResults(out, name, { section, setting, stolenShare: stolen(), isQuick: values.quick })
    }
    console.log(`\n${path.join(out, 'RESULTS.md')}`)
  })
} catch (error) {
  console.error(signal.aborted ? 'interrupted; nothing is left behind' : (error as Error).message)
  process.exitCode = signal.aborted ? 130 : 2
}

/** A section that fails says so in its place. */
async function runSection(name: string, bench: Bench): Promise<Section> {
  try {
    return await (sections[name] as (typeof sections)[string])(bench)
  } catch (error) {
    bench.signal.throwIfAborted()
    const failed = newSection(name)
    failed.failures.push((error as Error).message)
    return failed
  }
}
