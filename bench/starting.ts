import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import { CHAOSLAB, finish, start } from './process.ts'
import { addTable, attempt, median, newSection, type Section, spread, type Table } from './result.ts'
import { openScreen } from './screen.ts'

const AIM = { helpMs: 150, statusMs: 500, firstFrameMs: 1_500, npmStartMs: 3_000 }
const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** How long a person waits for a command, on a cluster that is up and healthy. */
export async function startTimes(bench: Bench): Promise<Section> {
  const section = newSection('From the command to the first thing to see')
  const table = addTable(section, '', ['what', 'ms', 'times'])
  const { labFile, isQuick } = bench
  const measure = (what: string, aimMs: number | null, times: number, once: () => Promise<number>) =>
    attempt(section, what, bench.signal, async () => {
      bench.progress(`start: ${what}`)
      const took: number[] = []
      for (let n = 0; n < (isQuick ? 2 : times); n++) took.push(await once())
      tellTimes(section, table, what, took, aimMs)
    })
  const nodeAlone = async (code: string) => {
    const startMs = bench.clock.nowMs()
    await finish(process.execPath, ['--input-type=module', '--eval', code], bench)
    return bench.clock.nowMs() - startMs
  }
  await measure('Node alone, to its end', null, 10, () => nodeAlone(''))
  await measure('Node with the modules that status loads, to its end', null, 10, () => nodeAlone(LOAD_STATUS))
  await measure('chaoslab --help, to its output', AIM.helpMs, 10, () => toOutput(bench))
  await measure('chaoslab status, to its end', AIM.statusMs, 10, () => toEnd(['--lab', labFile, 'status'], bench))
  await measure('chaoslab ui, to the first frame that names the leader', AIM.firstFrameMs, 5, () =>
    toFirstFrame([process.execPath, CHAOSLAB, '--lab', labFile, 'ui', '--no-traffic', ...NOTHING_KEPT], bench),
  )
  // It compiles what somebody else has compiled since, as the bench itself does: once.
  await attempt(section, 'npm start, building', bench.signal, async () => {
    await finish('npm', ['--prefix', ROOT, 'start', '--', '--help'], bench)
  })
  await measure('npm start, to the first frame that names the leader', AIM.npmStartMs, 5, () =>
    toFirstFrame(['npm', '--prefix', ROOT, 'start', '--', '--lab', labFile, 'start', ...NOTHING_KEPT], bench),
  )
  return section
}

/** As the command does it, what was compiled before with it. */
const LOAD_STATUS = `import module from 'node:module'
process.env.NODE_ENV = 'production'
module.enableCompileCache()
await import(${JSON.stringify(new URL('../dist/cli/main.js', import.meta.url))})
await import(${JSON.stringify(new URL('../dist/bundle/status.js', import.meta.url))})
process.exit()`

const NOTHING_KEPT = ['--no-record', '--no-metrics']

async function toOutput({ clock, signal }: Bench): Promise<number> {
  const startMs = clock.nowMs()
  const running = start(process.execPath, [CHAOSLAB, '--help'], signal)
  await new Promise((resolve, reject) => {
    running.child.stdout?.once('data', resolve)
    running.child.once('error', reject)
  })
  const tookMs = clock.nowMs() - startMs
  await running.ended
  return tookMs
}

async function toEnd(args: readonly string[], bench: Bench): Promise<number> {
  const startMs = bench.clock.nowMs()
  await finish(process.execPath, [CHAOSLAB, ...args], bench)
  return bench.clock.nowMs() - startMs
}

async function toFirstFrame(command: readonly string[], bench: Bench): Promise<number> {
  const screen = await openScreen(command, bench)
  await screen.quit()
  return screen.firstFrameMs
}

function tellTimes(section: Section, table: Table, what: string, times: readonly number[], aimMs: number | null): void {
  table.rows.push([what, spread(times), String(times.length)])
  section.data.push({ what, timesMs: times })
  if (aimMs === null) return
  section.aims.push({
    what: `${what}: below ${aimMs} ms`,
    measured: `${spread(times)} ms`,
    isMet: median(times) < aimMs,
  })
}
