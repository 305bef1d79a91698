/**
 * Where the time of the lab's client goes in a closed loop: its CPU profile while 8 clients SELECT back to back, by what
 * the time was spent in. Needs the workload's tables and a cluster that runs.
 *
 *   npm run bench:profile -- [clients] [seconds]      default: 8 10
 */
import { Session } from 'node:inspector/promises'
import { systemClock } from '../dist/log/clock.js'
import { labSessions } from './clients.ts'
import { readPatroniLab } from './patroni-lab.ts'

const [clients = 8, seconds = 10] = process.argv.slice(2).map(Number)
const lab = await readPatroniLab(new URL('../hw3/lab.yaml', import.meta.url).pathname)
const address = lab.address.read
const clock = systemClock()
const loop = await labSessions({ kind: 'read', address, credentials: lab.postgres, clients, seconds }, clock)
const inspector = new Session()
inspector.connect()
await inspector.post('Profiler.enable')
await inspector.post('Profiler.start')
const before = process.cpuUsage()
await loop.run(clock.nowMs() + seconds * 1_000, new AbortController().signal)
const used = process.cpuUsage(before)
const { profile } = await inspector.post('Profiler.stop')
await loop.close()

const cpuMs = (used.user + used.system) / 1_000
const { operations } = loop.count
console.log(
  `${clients} clients: ${Math.round(operations / seconds)} SELECT/s, ` +
    `${(cpuMs / operations).toFixed(3)} ms CPU each, ${((cpuMs / (seconds * 1_000)) * 100).toFixed(0)} % of a core`,
)
const totals = new Map<string, number>()
const times = profile.timeDeltas ?? []
const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
for (const [index, id] of (profile.samples ?? []).entries()) {
  const frame = nodes.get(id)?.callFrame
  if (frame) totals.set(groupOf(frame), (totals.get(groupOf(frame)) ?? 0) + (times[index] ?? 0))
}
const wallMicros = [...totals.values()].reduce((sum, each) => sum + each, 0)
for (const [group, micros] of [...totals].sort(([, a], [, b]) => b - a).slice(0, 12)) {
  console.log(`${((micros / wallMicros) * 100).toFixed(1).padStart(5)} %  ${group}`)
}

/** Code by whose it is; what V8 does itself by its own name: (idle), (garbage collector), (program). */
function groupOf({ functionName, url }: { readonly functionName: string; readonly url: string }): string {
  if (functionName.startsWith('(')) return functionName
  if (url.startsWith('node:')) return `node ${url.slice(5)}${functionName === '' ? '' : ` ${functionName}`}`
  const [, library] = /node_modules\/([^/]+)/.exec(url) ?? []
  if (library !== undefined) return `npm ${library}`
  if (url === '') return `native ${functionName}`
  return url.includes('/dist/') ? 'chaoslab' : 'bench'
}
