import { describe, expect, it } from 'vitest'
import { audit } from '../../src/audit/audit.ts'
import { KEPT_MS, PROBE_ROWS, probeAudit } from '../../src/audit/probe-audit.ts'
import { createProbeBook } from '../../src/audit/probe-book.ts'
import type { ProbeAnswer } from '../../src/model/events.ts'
import { FakeClock } from '../traffic/fake-clock.ts'
import { fakeReader, RUN_ID } from './fixture.ts'

function answer(n: number | undefined, outcome: ProbeAnswer['outcome'] = 'ok'): ProbeAnswer {
  const at = (n ?? 0) * 20
  return {
    ...(n !== undefined && { n }),
    sentMs: at,
    answeredMs: at + 2,
    outcome,
    ...(outcome === 'ok' && { server: 'p1' }),
  }
}

function bookOf(answers: readonly ProbeAnswer[]) {
  const book = createProbeBook()
  const event = { seq: 1, atMs: 1, type: 'probe', intervalMs: 20, answers } as const
  book.take({ ...event, kind: 'write' })
  book.take({ ...event, kind: 'read' })
  return book
}

async function examine(rows: readonly number[], nowMs = 1_000) {
  const { ledger } = bookOf([
    answer(1),
    answer(2),
    { ...answer(3), isUnguarded: true },
    answer(4, 'failed'),
    answer(5, 'unknown'),
  ])
  const found = await audit(
    {
      ledger,
      runId: RUN_ID,
      rows: PROBE_ROWS,
      nodes: async () => ({ leader: { name: 'p1', address: { host: 'p1', port: 1 } }, replicas: [] }),
      credentials: { database: 'app', user: 'app', password: 'app' },
      clock: new FakeClock(),
      isLedgerComplete: false,
      open: async () => fakeReader({ rows }),
    },
    new AbortController().signal,
  )
  return probeAudit(ledger, found, nowMs)
}

describe('the probe’s rows', () => {
  it('pass when each acknowledged one is there, once', async () => {
    // 6 was cut off when the run ended, and is in no event.
    expect(await examine([1, 2, 3, 6])).toMatchObject({
      verdict: { verdict: 'pass', why: 'All 3 acknowledged rows of the probe are there.' },
      acknowledged: 3,
      lost: 0,
    })
  })

  it('fail when an acknowledged one is gone, guaranteed or not', async () => {
    expect(await examine([2])).toMatchObject({
      verdict: { verdict: 'fail', why: '2 acknowledged rows of the probe are lost.' },
      lost: 2,
      lostFromMs: 22,
      lostToMs: 62,
    })
  })

  it('fail when one is there twice', async () => {
    expect(await examine([1, 2, 3, 3])).toMatchObject({ verdict: { verdict: 'fail' }, lost: 0, doubled: 1 })
  })

  it('that may have been cleared away are not called lost', async () => {
    expect((await examine([2, 3], KEPT_MS + 1)).verdict.verdict).toBe('unknown')
  })

  it('without names are counted, as nobody can look for them', () => {
    expect(bookOf([answer(undefined), answer(undefined, 'failed')])).toMatchObject({ nameless: 1, ledger: { size: 0 } })
  })
})
