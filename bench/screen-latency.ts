// How long after etcd's own event is a new leader on the screen? Runs on the cluster that is up:
//   npm run bench:screen [SWITCHOVERS]
// An independent watch on the leader key (etcd's HTTP gateway) gives the moment of the event; the screen's bytes go
// into a headless terminal, whose first frame with the new leader in its title line gives the moment it was seen.

import { PassThrough } from 'node:stream'
import xterm from '@xterm/headless'
import { attachTo } from '../dist/cli/attach.js'
import { createViewStore } from '../dist/log/view-store.js'
import { isHealthy, leaderOf, reducer } from '../dist/systems/state.js'
import { showScreen } from '../dist/tui/screen.js'
import { readPatroniLab } from './patroni-lab.ts'

const COLUMNS = 120
const ROWS = 40
const print = (line: string) => process.stdout.write(`${line}\n`)
const rounds = Number(process.argv[2] ?? 5)

const definition = await readPatroniLab('hw3/lab.yaml')
const lab = await attachTo(definition)
const store = createViewStore(reducer, undefined, lab.live.current())
lab.log.attach(store)
lab.setTraffic({ isOn: true })

const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true })
let onFrame = () => {}
const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: COLUMNS, rows: ROWS })
stdout.on('data', (chunk: Buffer) => terminal.write(chunk, () => onFrame()))
const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin, ref: () => {}, unref: () => {} })
const screen = showScreen({
  store,
  clock: lab.clock,
  control: { setTraffic: () => {}, quit: () => {} },
  stdin: stdin as unknown as NodeJS.ReadStream,
  stdout: stdout as unknown as NodeJS.WriteStream,
  isColored: false,
})

const title = () => terminal.buffer.active.getLine(0)?.translateToString() ?? ''
const results: number[] = []
for (let round = 0; round < rounds; round++) {
  const before = leaderOf(await lab.live.until(isHealthy, AbortSignal.timeout(120_000))) as string
  const seen = new Promise<number>((resolve) => {
    onFrame = () => {
      const shown = /leader (\S+)/.exec(title())?.[1]
      if (shown !== undefined && shown !== before && definition.patroni.nodes.some((node) => node.name === shown)) {
        resolve(performance.now())
      }
    }
  })
  const happened = nextHolder(before)
  await fetch(new URL('/switchover', definition.patroni.nodes[0]?.rest), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ leader: before }),
  })
  const latencyMs = (await seen) - (await happened)
  results.push(latencyMs)
  print(`${before} → ${leaderOf(lab.live.current())}: on the screen ${latencyMs.toFixed(0)} ms after etcd's event`)
}
screen.close()
await lab.close('bench')
const sorted = results.toSorted((a, b) => a - b)
print(`median ${sorted[Math.floor(sorted.length / 2)]?.toFixed(0)} ms, worst ${sorted.at(-1)?.toFixed(0)} ms`)

/** The moment at which etcd tells an independent watcher that somebody else holds the leader key. */
async function nextHolder(before: string): Promise<number> {
  const key = Buffer.from(`${definition.etcd.prefix}${definition.patroni.scope}/leader`).toString('base64')
  const response = await fetch(new URL('/v3/watch', definition.etcd.members[0]?.client), {
    method: 'POST',
    body: JSON.stringify({ create_request: { key } }),
  })
  let rest = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter((each) => each.trim() !== '')) {
      const { result } = JSON.parse(line) as { result?: { events?: { type?: string; kv: { value?: string } }[] } }
      for (const event of result?.events ?? []) {
        const holder = event.kv.value === undefined ? null : Buffer.from(event.kv.value, 'base64').toString()
        if (event.type !== 'DELETE' && holder !== null && holder !== before) return performance.now()
      }
    }
  }
  throw new Error('the watch ended')
}
