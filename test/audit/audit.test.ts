import { describe, expect, it } from 'vitest'
import { audit } from '../../src/audit/audit.ts'
import type { ServerPosition } from '../../src/audit/node-reader.ts'
import type { AuditOptions } from '../../src/audit/options.ts'
import { createLedger, type Ledger } from '../../src/model/ledger.ts'
import { FakeClock } from '../traffic/fake-clock.ts'
import { entryOf, type FakeNode, type FakeRow, fakeReader, LEADER, ledgerOf, REPLICA, ROWS, RUN_ID } from './fixture.ts'

type Nodes = Readonly<Record<string, FakeNode | Error | (() => FakeNode)>>

interface Given {
  readonly ledger: Ledger
  /** The first is the leader. */
  readonly nodes: Nodes
  readonly options?: Partial<AuditOptions>
}

async function run({ ledger, nodes, options = {} }: Given) {
  const names = Object.keys(nodes)
  const node = (name: string) => ({ name, address: { host: name, port: 5432 } })
  const clock = new FakeClock()
  const controller = new AbortController()
  let isDone = false
  const running = audit(
    {
      ledger,
      runId: RUN_ID,
      rows: ROWS,
      nodes: async () => ({ leader: node(names[0] as string), replicas: names.slice(1).map(node) }),
      credentials: { database: 'app', user: 'app', password: 'app' },
      clock,
      open: async ({ host }) => {
        const given = nodes[host]
        if (given instanceof Error) throw given
        return fakeReader(typeof given === 'function' ? given() : (given as FakeNode))
      },
      ...options,
    },
    controller.signal,
  ).finally(() => {
    isDone = true
  })
  while (!isDone) await clock.advance(100)
  return running
}

const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
/** Opened the first time and later it holds different rows. */
function inTurn(...nodes: readonly FakeNode[]): () => FakeNode {
  let opened = 0
  return () => nodes[Math.min(opened++, nodes.length - 1)] as FakeNode
}
/** Opened again it is on the next timeline each time. */
function onNewTimelines(node: FakeNode): () => FakeNode {
  let timeline = 1
  return () => ({ ...node, at: { ...LEADER, timeline: timeline++ } })
}
const replica = (rows: FakeNode['rows'], at: ServerPosition = REPLICA): FakeNode => ({ rows, at })
const five = () => ledgerOf(['ok', 'ok', 'ok', 'ok', 'ok'])

describe('an audit', () => {
  it('passes when everything acknowledged is there once, in whatever order, and everywhere', async () => {
    const found = await run({ ledger: five(), nodes: { p1: { rows: [3, 1, 5, 2, 4] }, p2: replica([5, 4, 3, 2, 1]) } })
    expect(found.verdict).toEqual({
      verdict: 'pass',
      why: 'All 5 acknowledged writes are on p1, once each; p2 holds the same rows.',
      evidence: [],
    })
    expect(found.findings?.counts).toMatchObject({ attempted: 5, acknowledged: 5, acknowledgedPresent: 5, lost: 0 })
    expect(found.leader).toMatchObject({ node: 'p1', rows: 5, timeline: 3, lsn: 5_000 })
  })

  it('sorts each write into its class', async () => {
    const ledger = ledgerOf([
      ...(['ok', 'ok', 'unguarded', 'unguarded', 'unknown', 'unknown', 'failed', 'failed', 'dropped'] as const),
      ...(['dropped', 'unanswered', 'unanswered', 'ok'] as const),
    ])
    const found = await run({ ledger, nodes: { p1: { rows: [1, 3, 5, 7, 9, 11, 13, 13, 20, `${RUN_ID}:x`] } } })
    expect(found.findings?.counts).toEqual({
      attempted: 13,
      acknowledged: 3,
      unguarded: 2,
      failed: 2,
      unknown: 2,
      dropped: 2,
      unanswered: 2,
      acknowledgedPresent: 2,
      lost: 1,
      unguardedPresent: 1,
      unguardedLost: 1,
      recovered: 1,
      unknownAbsent: 1,
      failedAbsent: 1,
      droppedAbsent: 1,
      phantom: 2,
      duplicated: 1,
      altered: 0,
      neverAttempted: 2,
    })
    const ranges = Object.entries(found.findings?.classes ?? {}).map(([name, each]) => [name, each.ranges])
    expect(Object.fromEntries(ranges)).toEqual({
      lost: [[2, 2]],
      unguardedLost: [[4, 4]],
      recovered: [[5, 5]],
      phantom: [
        [7, 7],
        [9, 9],
      ],
      duplicated: [[13, 13]],
      altered: [],
      neverAttempted: [[20, 20]],
      unansweredPresent: [[11, 11]],
    })
    expect(found.findings?.strangers).toEqual([`${RUN_ID}:x`])
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
  })

  const all = [1, 2, 3, 4, 5]
  it.each<[string, FakeNode['rows'], readonly number[]]>([
    ['a lost write', [1, 2, 4, 5], [3]],
    ['everything lost', [], all],
    ['a row that is there twice', [1, 2, 3, 4, 5, 4], [4]],
    ['a row of a write that was never attempted', [1, 2, 3, 4, 5, 6], [6]],
    ['a row that is no identity at all', [1, 2, 3, 4, 5, `${RUN_ID}:05`], []],
  ])('fails on %s', async (_, rows, evidence) => {
    const { verdict } = await run({ ledger: five(), nodes: { p1: { rows } } })
    expect(verdict).toMatchObject({ verdict: 'fail', evidence })
  })

  it.each([
    ['failed', 'phantom'],
    ['dropped', 'phantom'],
  ] as const)('fails on a write that %s and is there', async (outcome, name) => {
    const found = await run({ ledger: ledgerOf(['ok', outcome]), nodes: { p1: { rows: [1, 2] } } })
    expect(found.verdict).toMatchObject({ verdict: 'fail', evidence: [2] })
    expect(found.findings?.counts[name]).toBe(1)
  })

  it('fails on a lost write that was acknowledged without a guarantee, as a class of its own', async () => {
    const found = await run({ ledger: ledgerOf(['ok', 'unguarded']), nodes: { p1: { rows: [1] } } })
    expect(found.verdict).toMatchObject({ verdict: 'fail', evidence: [2] })
    expect(found.findings?.counts).toMatchObject({ lost: 0, unguardedLost: 1 })
  })

  it('does not mind a write that ended as unknown, there or not', async () => {
    const ledger = ledgerOf(['ok', 'unknown', 'unknown'])
    const found = await run({ ledger, nodes: { p1: { rows: [1, 2] } } })
    expect(found.verdict.verdict).toBe('pass')
    expect(found.findings?.counts).toMatchObject({ recovered: 1, unknownAbsent: 1 })
  })
})

describe('an audit of whole rows', () => {
  /** Three writes of which the server told the digests 11, 12 and 13, and one that it never answered. */
  function told(): Ledger {
    const ledger = createLedger()
    for (const seq of [1, 2, 3]) ledger.record(entryOf(seq, 'ok', { digest: 10 + seq }))
    ledger.record(entryOf(4, 'unknown'))
    return ledger
  }
  const asWritten = [
    { seq: 1, digest: 11 },
    { seq: 2, digest: 12 },
    { seq: 3, digest: 13 },
    { seq: 4, digest: 99 },
  ]
  const without = (seq: number, ...rows: readonly FakeRow[]) => [...asWritten.filter((row) => row.seq !== seq), ...rows]

  it('passes when each is as it was written, on the leader and on the replica', async () => {
    const found = await run({ ledger: told(), nodes: { p1: { rows: asWritten }, p2: replica(asWritten) } })
    expect(found.verdict).toMatchObject({ verdict: 'pass' })
    expect(found.halves).toMatchObject({ writes: { verdict: 'pass' }, replicas: { verdict: 'pass' } })
  })

  it.each<[string, FakeRow[], number]>([
    ['whose key, time or owner was changed afterwards', without(2, { seq: 2, digest: 77 }), 2],
    ['without an answer that belongs to another owner', without(4, { seq: 4, digest: 99, owner: 3 }), 4],
    ['that is there twice, once with another owner', [...asWritten, { seq: 3, digest: 5, owner: 0 }], 3],
  ])('fails on a row %s', async (_, rows, seq) => {
    const found = await run({ ledger: told(), nodes: { p1: { rows }, p2: replica(rows) } })
    expect(found.verdict).toMatchObject({ verdict: 'fail', why: expect.stringContaining('not as it was written') })
    expect(found.findings?.counts.altered).toBe(1)
    expect(found.findings?.classes.altered?.ranges).toEqual([[seq, seq]])
    expect(found.halves).toMatchObject({ writes: { verdict: 'fail' }, replicas: { verdict: 'pass' } })
  })

  it('fails on a replica that holds another content than the leader, which is as it was written', async () => {
    const differs = without(3, { seq: 3, digest: 1_000 })
    const found = await run({ ledger: told(), nodes: { p1: { rows: asWritten }, p2: replica(differs) } })
    expect(found.verdict).toMatchObject({ verdict: 'fail', evidence: [3] })
    expect(found.replicas).toMatchObject([{ differing: { count: 1, ranges: [[3, 3]] } }])
    expect(found.halves).toMatchObject({
      writes: { verdict: 'pass' },
      replicas: { verdict: 'fail', why: 'p2 has 1 row with another content than the leader (3).' },
    })
  })

  it('holds nothing against a row that changed while the nodes were read', async () => {
    const changed = without(3, { seq: 3, digest: 1_000 })
    const nodes = { p1: inTurn({ rows: asWritten }, { rows: changed }), p2: replica(changed) }
    const found = await run({ ledger: told(), nodes })
    expect(found.halves).toMatchObject({ writes: { verdict: 'fail' }, replicas: { verdict: 'pass' } })
  })
})

it('an audit tells for how long nothing that was acknowledged lasted', async () => {
  const ledger = ledgerOf(['ok', 'ok', 'unguarded', 'failed', 'ok', 'ok'])
  const found = await run({ ledger, nodes: { p1: { rows: [1, 5, 6] } } })
  expect(found.lossOutages).toEqual({
    count: 1,
    spans: [{ afterMs: 12, fromMs: 22, lastLostMs: 32, toMs: 52, lost: 2 }],
  })
  expect((await run({ ledger, nodes: { p1: refused } })).lossOutages).toBeNull()
})

describe('an audit of a synchronous cluster', () => {
  const synchronous = { ...LEADER, isSynchronous: true }
  const ledger = () => ledgerOf(['ok', 'unknown'])

  it('does not blame a replica that shows a commit for which the leader still waits: it reads again', async () => {
    const waiting = { rows: [1], at: synchronous }
    const nodes = { p1: inTurn(waiting, waiting, waiting, { rows: [1, 2], at: synchronous }), p2: replica([1, 2]) }
    const found = await run({ ledger: ledger(), nodes })
    expect(found.verdict.verdict).toBe('pass')
    expect(found.findings?.counts.recovered).toBe(1)
  })

  it('is inconclusive when the commit waits on', async () => {
    const nodes = { p1: { rows: [1], at: synchronous }, p2: replica([1, 2]) }
    const found = await run({ ledger: ledger(), nodes })
    expect(found.verdict).toMatchObject({ verdict: 'unknown', why: expect.stringContaining('synchronous standby (2)') })
    expect(found.replicas).toMatchObject([{ extra: { count: 0 }, unsettled: { count: 1 } }])
  })

  it('still fails on a replica that has an acknowledged write which the leader lacks', async () => {
    const nodes = { p1: { rows: [], at: synchronous }, p2: replica([1]) }
    const found = await run({ ledger: ledger(), nodes })
    expect(found.replicas).toMatchObject([{ extra: { count: 1 }, unsettled: { count: 0 } }])
    expect(found.verdict.verdict).toBe('fail')
  })

  it('an asynchronous one has no such excuse', async () => {
    const found = await run({ ledger: ledger(), nodes: { p1: { rows: [1] }, p2: replica([1, 2]) } })
    expect(found.verdict).toMatchObject({ verdict: 'fail', why: expect.stringContaining('that the leader lacks') })
  })
})

describe('an audit of replicas', () => {
  it.each<[string, FakeNode['rows'], object]>([
    ['lacks a row', [1, 2, 4, 5], { missing: { count: 1, ranges: [[3, 3]] } }],
    ['has a row too many', [1, 2, 3, 4, 5, 5], { extra: { count: 1, ranges: [[5, 5]] } }],
    ['has a row of a write that was never attempted', [1, 2, 3, 4, 5, 9], { extra: { count: 1, ranges: [[9, 9]] } }],
    ['has a strange row', [1, 2, 3, 4, 5, `${RUN_ID}:x`], { strangeRows: 1 }],
  ])('fails when one %s', async (_, rows, expected) => {
    const found = await run({ ledger: five(), nodes: { p1: { rows: [1, 2, 3, 4, 5] }, p2: replica(rows) } })
    expect(found.verdict.verdict).toBe('fail')
    expect(found.verdict.why).toContain('p2')
    expect(found.replicas).toMatchObject([{ node: 'p2', isRead: true, ...expected }])
  })

  it('tells of a replica that has what the leader lost', async () => {
    const found = await run({ ledger: five(), nodes: { p1: { rows: [1, 2, 3, 4] }, p2: replica([1, 2, 3, 4, 5]) } })
    expect(found.findings?.counts.lost).toBe(1)
    expect(found.replicas).toMatchObject([{ extra: { ranges: [[5, 5]] } }])
  })

  it.each<[string, FakeNode | Error, string]>([
    ['cannot be reached', refused, 'ECONNREFUSED'],
    ['breaks off', { ...replica([1]), fails: refused }, 'ECONNREFUSED'],
    ['is too far behind', replica([], { ...REPLICA, lsn: 4_000 }), '1000 bytes behind'],
    ['does not stream', replica([1, 2, 3, 4, 5], { ...REPLICA, isStreaming: false }), 'does not stream'],
    ['is on a timeline of its own', replica([1], { ...REPLICA, timeline: 2, lsn: 9_000 }), 'timeline 2'],
  ])('is unknown when one %s', async (_, node, why) => {
    const { verdict, findings } = await run({ ledger: five(), nodes: { p1: { rows: [1, 2, 3, 4, 5] }, p2: node } })
    expect(verdict).toMatchObject({ verdict: 'unknown', evidence: [] })
    expect(verdict.why).toContain(why)
    expect(findings?.counts.lost).toBe(0)
  })

  it('still fails when something is lost and a replica cannot be read', async () => {
    const { verdict } = await run({ ledger: five(), nodes: { p1: { rows: [1, 2, 3, 4] }, p2: refused } })
    expect(verdict).toMatchObject({ verdict: 'fail', evidence: [5] })
    expect(verdict.why).toContain('p2 was not compared')
  })

  it('waits for a replica until it has caught up', async () => {
    const late = inTurn(replica([], { ...REPLICA, isStreaming: false }), replica([1, 2, 3, 4, 5]))
    const unreachableAtFirst = inTurn({ ...replica([]), fails: refused }, replica([1, 2, 3, 4, 5]))
    const nodes = { p1: { rows: [1, 2, 3, 4, 5] }, p2: unreachableAtFirst }
    expect((await run({ ledger: five(), nodes })).verdict.verdict).toBe('pass')
    const stuck = await run({
      ledger: five(),
      nodes: { p1: { rows: [1, 2, 3, 4, 5] }, p2: late },
      options: { catchUpMs: 500 },
    })
    expect(stuck.verdict.verdict).toBe('unknown')
  })

  it('accepts a replica that stands before the header of a page to which nothing was written yet', async () => {
    const target = 8_192 * 3
    for (const [lsn, replayed] of [
      [target + 24, target],
      [16_777_216 + 40, 16_777_216],
    ] as const) {
      const nodes = { p1: { rows: [1], at: { ...LEADER, lsn } }, p2: replica([1], { ...REPLICA, lsn: replayed }) }
      expect((await run({ ledger: ledgerOf(['ok']), nodes })).verdict.verdict).toBe('pass')
    }
    const nodes = {
      p1: { rows: [1], at: { ...LEADER, lsn: target + 40 } },
      p2: replica([1], { ...REPLICA, lsn: target }),
    }
    expect((await run({ ledger: ledgerOf(['ok']), nodes, options: { catchUpMs: 100 } })).verdict.verdict).toBe(
      'unknown',
    )
  })
})

describe('an audit that cannot be sure', () => {
  const whole = { rows: [1, 2, 3, 4, 5] }

  it.each<[string, FakeNode | Error | (() => FakeNode), string]>([
    ['cannot be reached', refused, 'ECONNREFUSED'],
    ['breaks off', { ...whole, fails: refused }, 'ECONNREFUSED'],
    ['is in recovery', { ...whole, at: REPLICA }, 'in recovery'],
    ['is demoted while it is read', { ...whole, afterwards: REPLICA }, 'in recovery'],
    ['changes its timeline', { ...whole, afterwards: { ...LEADER, timeline: 4 } }, 'timeline'],
    ['changes its timeline before it is read again', onNewTimelines({ rows: [1] }), 'timeline'],
    ['cannot be read again', inTurn({ rows: [1] }, { rows: [1], fails: refused }), 'ECONNREFUSED'],
  ])('is unknown when the leader %s, and blames nobody', async (_, node, why) => {
    const found = await run({ ledger: five(), nodes: { p1: node } })
    expect(found.verdict).toMatchObject({ verdict: 'unknown', evidence: [] })
    expect(found.verdict.why).toContain(why)
    expect(found).toMatchObject({ findings: null, leader: null })
  })

  it('is unknown when the leader key is, or gets, somewhere else', async () => {
    const never = await run({ ledger: five(), nodes: { p1: whole }, options: { holder: () => 'p2' } })
    expect(never.verdict).toMatchObject({ verdict: 'unknown', why: 'p1 does not hold the leader key: p2 does.' })
    const holders = ['p1', null]
    const later = await run({
      ledger: five(),
      nodes: { p1: whole },
      options: { holder: () => holders.shift() ?? null },
    })
    expect(later.verdict).toMatchObject({ verdict: 'unknown', why: 'p1 does not hold the leader key: nobody does.' })
  })

  it('is unknown when nobody says any more who leads, whatever is missing', async () => {
    const options = { holder: async () => undefined }
    const { verdict, findings } = await run({ ledger: five(), nodes: { p1: { rows: [1, 2] } }, options })
    expect([verdict.verdict, verdict.why, findings]).toEqual(['unknown', 'Whether p1 leads now is not known.', null])
  })

  it('is unknown when a replica is out of recovery too, whatever is missing', async () => {
    const nodes = { p1: { rows: [1, 2] }, p2: { rows: [1, 2, 3, 4, 5] } }
    const { verdict, findings, leader } = await run({ ledger: five(), nodes })
    expect(verdict).toMatchObject({ verdict: 'unknown', why: expect.stringContaining('p2 is out of recovery too') })
    // A count of lost writes would be one that a scenario's expectation fails by.
    expect([findings, leader]).toEqual([null, null])
  })

  it('judges by the leader where its word is final: what only another primary has is lost', async () => {
    const nodes = { p1: { rows: [1, 2] }, p2: { rows: [1, 2, 3, 4, 5] } }
    const options = { holder: () => 'p1', isHolderFinal: true }
    const { verdict, findings, replicas } = await run({ ledger: five(), nodes, options })
    expect(verdict).toMatchObject({ verdict: 'fail' })
    expect(findings?.counts.lost).toBe(3)
    expect(replicas).toMatchObject([{ node: 'p2', isRead: false, why: 'it is no replica: it is out of recovery' }])
  })

  it('is unknown when an acknowledged write was absent first and present later', async () => {
    const { verdict } = await run({ ledger: five(), nodes: { p1: inTurn({ rows: [1, 2, 3, 4] }, whole) } })
    expect(verdict).toMatchObject({ verdict: 'unknown', why: expect.stringContaining('present later') })
  })

  it.each([
    ['no write was attempted', ledgerOf([]), []],
    ['nothing was acknowledged', ledgerOf(['unknown', 'failed', 'dropped']), [1]],
    ['nothing has been answered', ledgerOf(['unanswered', 'unknown']), []],
  ])('is unknown when %s', async (_, ledger, rows) => {
    const { verdict } = await run({ ledger, nodes: { p1: { rows } } })
    expect(verdict).toMatchObject({ verdict: 'unknown', why: expect.stringContaining('Nothing was acknowledged') })
  })

  it('is unknown when the ledger was cut short, and calls nothing never attempted that lies beyond', async () => {
    const given = { ledger: five(), nodes: { p1: { rows: [1, 2, 3, 4, 5, 6, 7] } } }
    const found = await run({ ...given, options: { isLedgerComplete: false } })
    expect(found.verdict).toMatchObject({ verdict: 'unknown', why: expect.stringContaining('cut short') })
    expect(found.findings?.counts.neverAttempted).toBe(0)
    const lost = await run({ ledger: five(), nodes: { p1: { rows: [1] } }, options: { isLedgerComplete: false } })
    expect(lost.verdict.verdict).toBe('fail')
  })

  it('is unknown when it is broken off', async () => {
    const reason = AbortSignal.abort()
    const options = {
      ledger: five(),
      runId: RUN_ID,
      rows: ROWS,
      nodes: async () => ({ leader: { name: 'p1', address: { host: 'p1', port: 1 } }, replicas: [] }),
    }
    const credentials = { database: 'app', user: 'app', password: 'app' }
    const open = async () => fakeReader({ rows: [1, 2, 3, 4, 5] })
    const found = await audit({ ...options, credentials, clock: new FakeClock(), open }, reason)
    expect(found.verdict).toMatchObject({ verdict: 'unknown', why: 'The audit was broken off.' })
  })

  it('is unknown when it is broken off while it waits for a leader', async () => {
    const over = new AbortController()
    const clock = new FakeClock()
    const credentials = { database: 'app', user: 'app', password: 'app' }
    const options = { ledger: five(), runId: RUN_ID, rows: ROWS, credentials, clock }
    const waiting = audit({ ...options, nodes: async () => 'Nobody leads.' }, over.signal)
    await clock.advance(20_000)
    over.abort()
    expect(await waiting).toMatchObject({ verdict: { verdict: 'unknown', why: 'The audit was broken off.' } })
  })

  it('is unknown when the audit itself throws', async () => {
    const broken = {
      ...five(),
      outcomes: () => ({
        size: 5,
        at: () => {
          throw new Error('planted')
        },
      }),
    }
    const found = await run({ ledger: broken as unknown as Ledger, nodes: { p1: whole } })
    expect(found.verdict).toMatchObject({ verdict: 'unknown', why: 'The audit itself failed: planted.' })
  })
})

describe('an audit during which another takes the lead', () => {
  /** Whoever leads then is read, and all others are its replicas. */
  function passing(nodes: (lead: (name: string) => void) => Nodes) {
    let leading = 'p1'
    const given = nodes((name) => {
      leading = name
    })
    const node = (name: string) => ({ name, address: { host: name, port: 5432 } })
    const again: string[] = []
    const options = {
      nodes: async () => ({
        leader: node(leading),
        replicas: Object.keys(given)
          .filter((name) => name !== leading)
          .map(node),
      }),
      holder: () => leading,
      onAgain: (why: string) => void again.push(why),
    }
    return { again, read: () => run({ ledger: five(), nodes: given, options }) }
  }

  it('begins again, and judges by the new leader', async () => {
    let opened = 0
    const { again, read } = passing((lead) => ({
      p1: () => {
        lead('p2')
        return opened++ === 0 ? { rows: [1, 2, 3, 4, 5], fails: refused } : replica([1, 2, 3, 4, 5])
      },
      p2: { rows: [1, 2, 3, 4, 5] },
    }))
    const found = await read()
    expect(found).toMatchObject({ leader: { node: 'p2' }, verdict: { verdict: 'pass' } })
    expect(found.again).toEqual(['p1 could not be read (ECONNREFUSED).'])
    expect(again).toEqual(found.again)
  })

  it('begins again where it was the replicas’ turn: one was promoted', async () => {
    const promoted = { rows: [1, 2, 3] }
    const { read } = passing((lead) => ({
      p1: inTurn({ rows: [1, 2, 3, 4, 5] }, replica([1, 2, 3])),
      p2: () => {
        lead('p2')
        return promoted
      },
    }))
    const found = await read()
    expect(found).toMatchObject({ leader: { node: 'p2' }, again: ['p1 does not hold the leader key: p2 does.'] })
    expect(found.startedMs).toBeLessThan(1_000)
    expect(found.verdict).toMatchObject({ verdict: 'fail', evidence: [4, 5] })
    expect(found.replicas).toMatchObject([{ node: 'p1', isRead: true, missing: { count: 0 } }])
  })

  it('waits while nobody leads, and is unknown after a minute of that', async () => {
    let asked = 0
    const nobody = async () => 'Nobody leads.'
    const p1 = async () => ({ leader: { name: 'p1', address: { host: 'p1', port: 5432 } }, replicas: [] })
    const given = { ledger: five(), nodes: { p1: { rows: [1, 2, 3, 4, 5] } } }
    const late = await run({ ...given, options: { nodes: () => (asked++ < 60 ? nobody() : p1()) } })
    expect([late.verdict.verdict, late.again]).toEqual(['pass', ['Nobody leads.']])
    expect(late.startedMs).toBeGreaterThanOrEqual(30_000)

    const never = await run({ ...given, options: { nodes: nobody } })
    expect(never).toMatchObject({ findings: null, verdict: { verdict: 'unknown', why: 'Nobody leads.' } })
    expect(never.startedMs).toBe(60_000)
  })

  it('is not begun again where the server says that there is no such table', async () => {
    const missing = Object.assign(new Error('no such table'), { code: '42P01' })
    const found = await run({ ledger: five(), nodes: { p1: missing } })
    expect(found).toMatchObject({ startedMs: 0, verdict: { verdict: 'unknown' } })
    expect(found).not.toHaveProperty('again')
  })
})

describe('an audit while traffic runs', () => {
  it('judges only what had ended before it began', async () => {
    const ledger = ledgerOf(['ok', 'unanswered', 'ok'])
    const leader = () => {
      // Answered between the look at the ledger and the snapshot: present, or not yet.
      ledger.record(entryOf(2, 'ok'))
      ledger.record(entryOf(4, 'ok'))
      ledger.record(entryOf(5, 'failed'))
      return { rows: [1, 2, 3, 4] }
    }
    const found = await run({ ledger, nodes: { p1: leader, p2: replica([1, 2, 3, 4, 5, 6]) } })
    expect(found.findings?.counts).toMatchObject({
      attempted: 3,
      acknowledged: 2,
      unanswered: 1,
      lost: 0,
      neverAttempted: 0,
    })
    // Write 6 is on the replica only, and nobody ever attempts it.
    expect(found.replicas).toMatchObject([{ missing: { count: 0 }, extra: { count: 1, ranges: [[6, 6]] } }])
  })

  it('waits for a write that is seen in the table to end up in the ledger', async () => {
    const ledger = ledgerOf(['ok'])
    const clock = new FakeClock()
    const running = audit(
      {
        ledger,
        runId: RUN_ID,
        rows: ROWS,
        nodes: async () => ({ leader: { name: 'p1', address: { host: 'p1', port: 1 } }, replicas: [] }),
        credentials: { database: 'app', user: 'app', password: 'app' },
        clock,
        open: async () => fakeReader({ rows: [1, 2] }),
      },
      new AbortController().signal,
    )
    await clock.advance(3_000)
    ledger.record(entryOf(2, 'ok'))
    await clock.advance(200)
    expect(await running).toMatchObject({ verdict: { verdict: 'pass' }, findings: { counts: { neverAttempted: 0 } } })
  })

  it('takes for no difference what changed on the leader between two reads of it', async () => {
    const ledger = ledgerOf(['ok', 'unknown', 'ok'])
    // Write 2 was committed after the first read; row 3 was deleted after it.
    const leader = inTurn({ rows: [1, 3] }, { rows: [1, 2] })
    const found = await run({ ledger, nodes: { p1: leader, p2: replica([1, 2]) } })
    expect(found.replicas).toMatchObject([{ missing: { count: 0 }, extra: { count: 0 } }])
    expect(found.findings?.counts).toMatchObject({ recovered: 1, lost: 1 })
  })

  it('tells how far it is', async () => {
    const told: string[] = []
    await run({
      ledger: five(),
      nodes: { p1: { rows: [1, 2, 3, 4] }, p2: replica([1, 2, 3, 4]) },
      options: { onProgress: ({ node, phase, rows }) => told.push(`${node} ${phase} ${rows}`) },
    })
    expect(told).toEqual([
      'p1 reading 0',
      'p1 reading 4',
      'p2 reading 0',
      'p2 reading 4',
      'p1 confirming 0',
      'p1 confirming 4',
    ])
  })
})
