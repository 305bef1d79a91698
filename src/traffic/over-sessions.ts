import type { Clock } from '../log/clock.ts'
import { startDeadline } from './deadline.ts'
import type { OverSessions } from './operation.ts'
import { CODES } from './outcome.ts'
import type { Answer, Client } from './session.ts'

/** Performs it on sessions that are free, within its time; what it leaves open is closed. Never rejects. */
export async function performOver(
  { run }: Pick<OverSessions<Client>, 'run'>,
  sessions: readonly Client[],
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<Answer> {
  const over = new AbortController()
  const sentMs = clock.nowMs()
  const close = () => {
    for (const session of sessions) session.close()
  }
  const deadline = startDeadline(clock, timeoutMs, () => {
    over.abort()
    close()
  })
  const broken = (): Answer => ({ ...BROKEN, sentMs, answeredMs: clock.nowMs() })
  const answer = await run(sessions, over.signal).catch(broken)
  deadline.clear()
  if (answer.outcome !== 'ok') close()
  return answer
}

const BROKEN = { outcome: 'unknown', code: CODES.workload, message: null, isUnguarded: false, row: null } as const
