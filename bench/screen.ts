import xterm from '@xterm/headless'
import type { Bench } from './bench.ts'
import { childOf, OWN_TABLES, type Running, start } from './process.ts'

const COLUMNS = 120
const ROWS = 40

export interface Screen extends Running {
  /** Of the screen itself; `pid` is that of the terminal around it. */
  readonly screenPid: number
  /** From the start of the command until its title line named the leader. */
  readonly firstFrameMs: number
  /** As a user does, with `q`. */
  quit(): Promise<void>
}

/** Opens the screen in a terminal of 120 × 40 and waits until its title line names the leader. */
export async function openScreen(argv: readonly string[], bench: Bench): Promise<Screen> {
  const { clock, signal } = bench
  const quoted = argv.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ')
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true })
  // The shell that sets the size is not what is measured, and takes a millisecond or two.
  const command = `stty cols ${COLUMNS} rows ${ROWS}; exec ${quoted}`
  const startMs = clock.nowMs()
  const running = start(
    'script',
    ['--quiet', '--flush', '--return', '--command', command, '/dev/null'],
    signal,
    OWN_TABLES,
  )
  const firstFrameMs = await firstFrame(terminal, running, bench, startMs).catch((error: unknown) => {
    running.kill()
    throw error
  })
  const screenPid = (await childOf(running.pid)) ?? running.pid
  const quit = async () => {
    running.child.stdin?.write('q')
    const patience = new AbortController()
    const late = clock.sleep(20_000, AbortSignal.any([signal, patience.signal])).then(
      () => process.kill(screenPid, 'SIGTERM'),
      () => {},
    )
    await running.ended
    patience.abort()
    await late
    terminal.dispose()
  }
  return { ...running, screenPid, firstFrameMs, quit }
}

function firstFrame(terminal: xterm.Terminal, running: Running, bench: Bench, startMs: number): Promise<number> {
  const nodes = bench.lab.patroni.nodes.map(({ name }) => name)
  const title = () => terminal.buffer.active.getLine(0)?.translateToString() ?? ''
  const isFull = () => nodes.includes(/leader (\S+)/.exec(title())?.[1] ?? '')
  return new Promise((resolve, reject) => {
    const { signal, clock } = bench
    const late = AbortSignal.any([signal, AbortSignal.timeout(20_000)])
    late.addEventListener('abort', () => reject(new Error('no leader on the screen after 20 s')), { once: true })
    running.child.stdout?.on('data', (chunk: Buffer) => {
      terminal.write(chunk, () => isFull() && resolve(clock.nowMs() - startMs))
    })
    void running.ended.then(
      (code) => reject(new Error(`the screen ended with ${code}: ${running.output().slice(-300)}`)),
      reject,
    )
  })
}
