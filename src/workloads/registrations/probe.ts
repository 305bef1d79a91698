import type { Clock } from '../../log/clock.ts'
import type { OwnClients } from '../../traffic/operation.ts'
import type { RegistrationsClients } from './clients.ts'
import { studentOf } from './pairs.ts'
import { openConnection, type Patience, type RequestEnd } from './request.ts'

type Apps = RegistrationsClients['apps']

const PATIENCE_MS = 2_000
/** An application that has said nothing for so long is not the only one that is asked. */
const NEXT_AFTER_MS = 400

/**
 * For a student of each shard in turn, a registration for a section that is not there: it needs all that another does
 * but the writing.
 */
export function createProbe(apps: Apps, clock: Clock): OwnClients['probe'] {
  return async (kind, n, signal) => {
    const student = studentOf(n)
    const request: Request =
      kind === 'write'
        ? { method: 'POST', path: '/api/registrations', body: { student, section: 'NO-SUCH-SECTION' } }
        : { method: 'GET', path: `/api/registrations?student=${student}&limit=1` }
    const first = Math.floor(n / 2) % apps.length
    const ring = [...apps.slice(first), ...apps.slice(0, first)]
    const { server, said } = await askNext(ring, request, { clock, ms: PATIENCE_MS, signal })
    if (said.type === 'silent') return { outcome: said.wasSent ? 'unknown' : 'failed', code: said.code }
    const isServed = kind === 'write' ? said.body.code === 'unknown_section' : said.status === 200
    if (isServed) return { outcome: 'ok', code: null, server }
    return { outcome: 'failed', code: String(said.body.code ?? said.status) }
  }
}

interface Request {
  readonly method: string
  readonly path: string
  readonly body?: object
}

interface Said {
  readonly server: string
  readonly said: RequestEnd
}

/** As a client has it: who is told nothing asks the next application. The first answer counts. */
async function askNext([app, ...others]: Apps, request: Request, patience: Patience): Promise<Said> {
  const { name: server, url } = app as Apps[number]
  const line = openConnection(url)
  const asking = line.send(request, patience).then((said) => ({ server, said }))
  asking.then(() => line.close())
  if (others.length === 0) return asking
  const pause = patience.clock.sleep(NEXT_AFTER_MS, patience.signal).catch(() => {})
  const early = await Promise.race([asking, pause])
  if (early?.said.type === 'answered' || patience.signal.aborted) return asking
  const later = askNext(others, request, patience)
  return Promise.any([asking, later].map(answered)).catch(() => later)
}

async function answered(asking: Promise<Said>): Promise<Said> {
  const told = await asking
  if (told.said.type === 'silent') throw told
  return told
}
