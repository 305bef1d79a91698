import type { Program } from '../../../src/docker/start-program.ts'
import type { ClientLine, ClientSettings, Said } from '../../../src/lab/clients/protocol.ts'
import { runClients } from '../../../src/lab/clients/run-clients.ts'
import type { ClientHost } from '../../../src/lab/clients/site-clients.ts'
import { type Clock, systemClock } from '../../../src/log/clock.ts'

/** A machine whose clock is ahead, on which clients run in this process as they would in a container. */
export interface FakeHost extends ClientHost {
  readonly started: Program[]
  readonly removed: string[]
  /** What the clients have said, in the file that is read from there. */
  told: string
  /** The engine answers nothing. */
  hangs: boolean
  /** Its container was taken away. */
  isGone: boolean
}

export function fakeHost({ aheadMs = 0, clock = systemClock() }: { aheadMs?: number; clock?: Clock } = {}): FakeHost {
  let said: Said | null = null
  const answer = () => {
    if (host.hangs) throw new Error('the engine did not answer within 10 s')
    if (host.isGone) throw Object.assign(new Error('no such container'), { statusCode: 404 })
  }
  const tell = (line: ClientLine) => {
    host.told += `${JSON.stringify(line)}\n`
  }
  const host: FakeHost = {
    started: [],
    removed: [],
    told: '',
    hangs: false,
    isGone: false,
    async time() {
      answer()
      return clock.nowMs() + aheadMs
    },
    programs: {
      async start(program) {
        answer()
        host.started.push(program)
        const settings = JSON.parse(program.environment.CHAOSLAB_CLIENTS ?? '') as ClientSettings
        tell({ type: 'began', zeroUnixMs: aheadMs })
        void runClients(settings, { clock, tell, heard: async () => said })
        return 'clients'
      },
      list: async () => host.started.slice(0, 0).map(({ name }) => ({ id: name })),
      async exec(_id, command) {
        answer()
        said = JSON.parse(command[4] ?? '') as Said
        const from = Number(command[5]) - 1
        return { code: 0, stdout: Buffer.from(host.told).subarray(from).toString('utf8'), stderr: '' }
      },
      async end(id) {
        answer()
        host.removed.push(id)
      },
    },
  }
  return host
}
