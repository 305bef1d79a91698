import { describe, expect, it } from 'vitest'
import { type AutopsyInput, autopsy } from '../../src/audit/autopsy.ts'
import type { Audit } from '../../src/model/audit.ts'
import { createLedger, type LedgerEntry } from '../../src/model/ledger.ts'
import { seqRanges } from '../../src/model/seq-ranges.ts'
import { parseHistory } from '../../src/systems/patroni/control/history.ts'

const STARTED = Date.parse('2026-01-01T12:00:00.000Z')
const FORK = 0x5000148
const MINUTE = 60_000

/** A row of Patroni's history, dated so long after the run began. */
function row(timeline: number, lsn: number, atMs: number, newLeader: string): unknown {
  return [timeline, lsn, 'no recovery target specified', new Date(STARTED + atMs).toISOString(), newLeader]
}

interface Write {
  readonly node: string
  readonly atMs: number
  readonly lsn: number | null
  readonly isLost?: boolean
  readonly isUnguarded?: boolean
}

function ranges(seqs: readonly number[]) {
  const builder = seqRanges()
  for (const seq of seqs) builder.add(seq)
  return builder.done()
}

type Case = Partial<Omit<AutopsyInput, 'history'>> & {
  readonly writes: readonly Write[]
  readonly history: unknown
  readonly replicas?: Audit['replicas']
}

function examine({ writes, history, replicas = [], ...rest }: Case, { isLedgerComplete = true } = {}) {
  const ledger = createLedger()
  writes.forEach(({ node, atMs, lsn, isUnguarded }, index) => {
    const outcome: LedgerEntry['outcome'] = isUnguarded ? 'unguarded' : 'ok'
    const times = { dueMs: atMs - 2, sentMs: atMs - 1, answeredMs: atMs }
    ledger.record({ seq: index + 1, ...times, outcome, code: null, node, lsn, digest: null })
  })
  const lost = writes.flatMap((write, index) => (write.isLost ? [{ ...write, seq: index + 1 }] : []))
  const classes = {
    lost: ranges(lost.filter((write) => !write.isUnguarded).map(({ seq }) => seq)),
    unguardedLost: ranges(lost.filter((write) => write.isUnguarded).map(({ seq }) => seq)),
  }
  const audit = {
    findings: { classes },
    leader: { node: 'patroni2' },
    replicas,
    isLedgerComplete,
  } as unknown as Audit
  return autopsy({ ledger, audit, history: parseHistory(history), failovers: [], startedAtUnixMs: STARTED, ...rest })
}

/** patroni1 leads, is cut off, goes on acknowledging until 50 s; patroni2 has the key from 42.4 s on. */
function partition(): Case {
  const before = Array.from({ length: 10 }, (_, i) => ({
    node: 'patroni1',
    atMs: 30_000 + i * 100,
    lsn: FORK - 50_000 + i * 100,
  }))
  const lost = Array.from({ length: 375 }, (_, i) => ({
    node: 'patroni1',
    atMs: 40_000 + ((i + 1) * 10_000) / 375,
    lsn: FORK + i * 200,
    isLost: true,
  }))
  const after = [{ node: 'patroni2', atMs: 45_000, lsn: FORK + 10_000 }]
  return {
    writes: [...before, ...lost, ...after],
    history: [row(1, 1_000, -5 * MINUTE, 'patroni1'), row(2, FORK, 43_500, 'patroni2')],
    failovers: [{ from: 'patroni1', to: 'patroni2', takenMs: 42_400 }],
    replicas: [
      {
        node: 'patroni1',
        isRead: true,
        read: { node: 'patroni1', rows: 1, timeline: 3, lsn: FORK, startedMs: 0, durationMs: 1 },
        missing: ranges([]),
        extra: ranges([]),
        strangeRows: 0,
      },
    ],
  }
}

describe('an autopsy', () => {
  it('explains what a leader acknowledged past the fork, and tells it to people', () => {
    const { failovers, unexplained, sentences } = examine(partition())
    expect(unexplained.seqs.count).toBe(0)
    expect(failovers).toMatchObject([
      {
        from: 'patroni1',
        to: 'patroni2',
        keyTakenMs: 42_400,
        fork: { oldTimeline: 2, newTimeline: 3, lsn: FORK },
        lostCount: 375,
        lost: [
          {
            node: 'patroni1',
            seqs: { count: 375, ranges: [[11, 385]] },
            afterKeyTaken: 285,
            firstLsn: FORK,
            lastLsn: FORK + 374 * 200,
            pastForkBytes: 74_800,
            lastAnsweredMs: 50_000,
            explainedBy: 'position',
          },
        ],
      },
    ])
    expect(sentences).toEqual([
      'patroni2 took the lead from patroni1 at 00:42.4. It forked at 0/5000148 (timeline 2 → 3).',
      '375 writes that patroni1 had acknowledged past that point are lost (11–385), at 0/5000148 to 0/5012578, ' +
        'up to 74800 bytes past the fork, between 00:40.0 and 00:50.0 (9.97 s).',
      'patroni1 went on acknowledging for 7.60 s after patroni2 had taken the lead: 285 of them.',
      '90 of them had been acknowledged before patroni2 took the lead, but had not reached patroni2.',
      'They were discarded when patroni1 rejoined.',
    ])
  })

  it('says only what the ledger tells of where that was cut short', () => {
    const { writes, ...rest } = partition()
    const given = { ...rest, writes: writes.filter((write) => !write.isLost) }
    expect(examine(given, { isLedgerComplete: false }).sentences[0]).toContain(
      'No acknowledged write that the ledger, which was cut short, tells of was lost by it.',
    )
  })

  it('says so when a failover cost nothing', () => {
    const { writes, ...rest } = partition()
    const { sentences, failovers } = examine({ ...rest, writes: writes.filter((write) => !write.isLost) })
    expect(failovers).toMatchObject([{ lostCount: 0, lost: [] }])
    expect(sentences).toEqual([
      'patroni2 took the lead from patroni1 at 00:42.4. It forked at 0/5000148 (timeline 2 → 3). No acknowledged write was lost by it.',
    ])
  })

  it('finds the fork by Patroni’s history alone, when the lab saw nothing of the leader key', () => {
    const { failovers, unexplained } = examine({ ...partition(), failovers: [] })
    expect(unexplained.seqs.count).toBe(0)
    expect(failovers).toMatchObject([{ from: 'patroni1', to: 'patroni2', keyTakenMs: null, lostCount: 375 }])
  })

  it.each<[string, Partial<Write>, Partial<Case>, string]>([
    ['stood long before the fork', { lsn: FORK - 1_000_000 }, {}, 'it was committed before the fork at 0/5000148'],
    [
      'was acknowledged by somebody who never lost the lead',
      { node: 'patroni3' },
      {},
      'no timeline change explains it',
    ],
    ['was acknowledged by the new leader', { node: 'patroni2', atMs: 60_000 }, {}, 'no timeline change explains it'],
    ['has no position and came before the key was taken', { lsn: null }, {}, 'its position was not recorded'],
    ['fell to a failover whose fork nobody knows', {}, { history: [] }, 'does not tell where patroni2 forked'],
    ['fell to nothing at all', {}, { history: [], failovers: [] }, 'no timeline change explains it'],
  ])('is loud about a lost write that %s', (_, write, change, why) => {
    const lost: Write = { node: 'patroni1', atMs: 41_000, lsn: FORK + 1, isLost: true, ...write }
    const { unexplained, sentences } = examine({ ...partition(), ...change, writes: [lost] })
    expect(unexplained).toMatchObject({ seqs: { count: 1, ranges: [[1, 1]] }, reasons: [expect.stringContaining(why)] })
    const loud = sentences.filter((sentence) => sentence.startsWith('UNEXPLAINED: '))
    expect(loud).toEqual([
      'UNEXPLAINED: 1 write is lost by no fork that is known (1): a server has lost what it had acknowledged, or another client has deleted rows or truncated the table, which the lab does not see.',
      expect.stringContaining(why),
    ])
  })

  it('explains a write without a position when it was acknowledged after the key was taken', () => {
    const { failovers } = examine({
      ...partition(),
      writes: [{ node: 'patroni1', atMs: 43_000, lsn: null, isLost: true }],
    })
    expect(failovers).toMatchObject([{ lost: [{ explainedBy: 'time', firstLsn: null, pastForkBytes: null }] }])
  })

  it('counts a write whose position is taken just before the fork, for its commit comes after it', () => {
    const { failovers, unexplained } = examine({
      ...partition(),
      writes: [{ node: 'patroni1', atMs: 41_000, lsn: FORK - 300, isLost: true }],
    })
    expect(unexplained.seqs.count).toBe(0)
    expect(failovers).toMatchObject([{ lost: [{ pastForkBytes: 0 }] }])
  })

  it('does not explain a write that was committed before the fork, as a later write on the same server shows', () => {
    const lost = { node: 'patroni1', atMs: 39_000, lsn: FORK - 5_000, isLost: true }
    const before = { node: 'patroni1', atMs: 39_500, lsn: FORK - 200 }
    const after = { node: 'patroni1', atMs: 39_600, lsn: FORK + 200, isLost: true }
    const { unexplained, failovers } = examine({ ...partition(), writes: [lost, before, after] })
    expect(unexplained).toMatchObject({
      seqs: { ranges: [[1, 1]] },
      reasons: [expect.stringContaining('it was committed before the fork at 0/5000148')],
    })
    expect(failovers).toMatchObject([{ lostCount: 1, lost: [{ seqs: { ranges: [[3, 3]] } }] }])
  })

  it('gives a write before the fork the benefit of a write that was under way with it', () => {
    const lost = { node: 'patroni1', atMs: 39_000, lsn: FORK - 5_000, isLost: true }
    // Sent before the lost one was answered: its position says nothing of where that was committed.
    const beside = { node: 'patroni1', atMs: 39_000.5, lsn: FORK - 4_900 }
    const { unexplained } = examine({ ...partition(), writes: [lost, beside] })
    expect(unexplained.seqs.count).toBe(0)
  })

  it.each([-6_000, 6_000, -3_600_000, 86_400_000])(
    'matches the history by timeline, whatever a wall clock that is %i ms off makes of its dates',
    (stepMs) => {
      const history = [row(1, 1_000, -5 * MINUTE, 'patroni1'), row(2, FORK, 42_900 + stepMs, 'patroni2')]
      const timelines = [
        { timeline: 2, node: 'patroni1', atMs: 100 },
        { timeline: 3, node: 'patroni2', atMs: 43_000 },
      ]
      const { failovers, unexplained } = examine({ ...partition(), history, timelines })
      expect(unexplained.seqs.count).toBe(0)
      expect(failovers).toMatchObject([{ from: 'patroni1', to: 'patroni2', keyTakenMs: 42_400, lostCount: 375 }])
    },
  )

  it('leaves forks alone that are older than the run, whenever they are said to have been', () => {
    const history = [row(1, 1_000, 30_000, 'patroni1'), row(2, FORK, 43_500, 'patroni2')]
    const timelines = [
      { timeline: 2, node: 'patroni1', atMs: 100 },
      { timeline: 3, node: 'patroni2', atMs: 43_000 },
    ]
    expect(examine({ ...partition(), history, timelines }).failovers).toHaveLength(1)
  })

  it('knows a timeline that was too short to be seen by its neighbours', () => {
    const history = [row(2, FORK, 20_000, 'patroni2'), row(3, FORK + 1_000, 20_000, 'patroni3')]
    const timelines = [
      { timeline: 2, node: 'patroni1', atMs: 100 },
      { timeline: 4, node: 'patroni3', atMs: 48_000 },
    ]
    const failovers = [
      { from: 'patroni1', to: 'patroni2', takenMs: 42_400 },
      { from: 'patroni2', to: 'patroni3', takenMs: 47_000 },
    ]
    const found = examine({ ...partition(), history, timelines, failovers }).failovers
    expect(found.map(({ from, to, keyTakenMs }) => [from, to, keyTakenMs])).toEqual([
      ['patroni1', 'patroni2', 42_400],
      ['patroni2', 'patroni3', 47_000],
    ])
    expect(found[0]?.lostCount).toBe(375)
  })

  it('of a run whose lab was killed takes the first fork after all that was seen, whatever has come since', () => {
    const history = [
      row(2, FORK, 43_500, 'patroni2'),
      row(3, FORK + 90_000, 90_000, 'patroni1'),
      row(4, FORK + 95_000, 3_600_000, 'patroni3'),
    ]
    const timelines = [{ timeline: 2, node: 'patroni1', atMs: 100 }]
    const { failovers, unexplained, sentences } = examine({ ...partition(), history, timelines, failovers: [] })
    expect(unexplained.seqs.count).toBe(0)
    expect(sentences.at(-1)).toBe(
      '2 failovers came after all that the run saw. No acknowledged write was lost by any of them.',
    )
    expect(sentences.filter((sentence) => sentence.includes('took the lead'))).toHaveLength(1)
    expect(failovers.map(({ from, to, lostCount }) => [from, to, lostCount])).toEqual([
      ['patroni1', 'patroni2', 375],
      ['patroni2', 'patroni1', 0],
      ['patroni1', 'patroni3', 0],
    ])
  })

  it('tells what was lost without a guarantee from the rest', () => {
    const lost = { node: 'patroni1', atMs: 41_000, lsn: FORK + 5, isLost: true }
    const { sentences } = examine({ ...partition(), writes: [lost, { ...lost, isUnguarded: true }] })
    expect(sentences).toContain('For 1 of them the client had been warned that no standby had it.')
  })

  it('keeps several failovers apart, also when the same member led twice', () => {
    const history = [
      row(1, 1_000, -5 * MINUTE, 'patroni1'),
      row(2, 10_000_000, 61_000, 'patroni2'),
      row(3, 20_000_000, 121_000, 'patroni1'),
      row(4, 30_000_000, 181_000, 'patroni3'),
    ]
    const failovers = [
      { from: 'patroni1', to: 'patroni2', takenMs: 60_000 },
      { from: 'patroni2', to: 'patroni1', takenMs: 120_000 },
      { from: 'patroni1', to: 'patroni3', takenMs: 180_000 },
    ]
    const writes: Write[] = [
      // Far past the first fork, and before the third one, which has nothing to do with it.
      { node: 'patroni1', atMs: 65_000, lsn: 29_000_000, isLost: true },
      { node: 'patroni2', atMs: 119_000, lsn: 20_000_100, isLost: true },
      { node: 'patroni1', atMs: 179_000, lsn: 30_000_100, isLost: true },
      { node: 'patroni1', atMs: 182_000, lsn: 30_000_200, isLost: true },
      // Past the first fork only, at a time when that was long over.
      { node: 'patroni1', atMs: 150_000, lsn: 25_000_000, isLost: true },
    ]
    const found = examine({ writes, history, failovers })
    expect(found.failovers.map(({ from, to, lost }) => [from, to, lost.map(({ seqs }) => seqs.ranges)])).toEqual([
      ['patroni1', 'patroni2', [[[1, 1]]]],
      ['patroni2', 'patroni1', [[[2, 2]]]],
      ['patroni1', 'patroni3', [[[3, 4]]]],
    ])
    expect(found.unexplained.seqs.ranges).toEqual([[5, 5]])
  })

  it('tells of one that lost the key before it was promoted, and from whom the next took the lead', () => {
    const { sentences, failovers } = examine({
      writes: [
        { node: 'patroni2', atMs: 5_000, lsn: FORK - 100 },
        { node: 'patroni1', atMs: 52_000, lsn: FORK + 200 },
      ],
      history: [row(147, FORK - 5_000, -MINUTE, 'patroni2'), row(148, FORK, 51_000, 'patroni1')],
      timelines: [
        { timeline: 148, node: 'patroni2', atMs: 10 },
        { timeline: 149, node: 'patroni1', atMs: 50_900 },
      ],
      failovers: [
        { from: 'patroni2', to: 'patroni3', takenMs: 28_000 },
        { from: 'patroni3', to: 'patroni1', takenMs: 50_500 },
      ],
    })
    expect(sentences).toEqual([
      'patroni3 took the lead from patroni2 at 00:28.0. It began no timeline of its own before it lost it again. No acknowledged write was lost by it.',
      'patroni1 took the lead from patroni3 at 00:50.5. It forked from patroni2 at 0/5000148 (timeline 148 → 149). No acknowledged write was lost by it.',
    ])
    // What the old leader had beyond the fork is lost with the timeline that followed its own.
    expect(failovers.map(({ from }) => from)).toEqual(['patroni2', 'patroni2'])
  })

  it('does not say where the lost writes are when nobody looked', () => {
    const unread = { node: 'patroni1', isRead: false, why: 'it does not stream' } as const
    expect(examine({ ...partition(), replicas: [unread] }).sentences.at(-1)).toBe(
      'Whether patroni1 still has them is not known: it does not stream.',
    )
    expect(examine({ ...partition(), replicas: [] }).sentences.at(-1)).toBe(
      'Whether patroni1 still has them was not looked into.',
    )
  })

  it('of an audit that found nothing out says that it is not known what was lost', () => {
    const audit = { findings: null, leader: null, replicas: [] } as unknown as Audit
    const history = parseHistory(partition().history)
    const found = autopsy({ ledger: createLedger(), audit, history, failovers: [], startedAtUnixMs: STARTED })
    expect(found.sentences).toEqual([expect.stringContaining('What was lost is not known.')])
  })
})

describe('Patroni’s history', () => {
  it('is read with and without dates and names', () => {
    expect(parseHistory([[1, 25_623_960, 'no recovery target specified'], row(2, 67_443_768, 0, 'patroni2')])).toEqual([
      { timeline: 1, forkLsn: 25_623_960, atUnixMs: null, newLeader: null },
      { timeline: 2, forkLsn: 67_443_768, atUnixMs: STARTED, newLeader: 'patroni2' },
    ])
  })

  it.each([[null], ['x'], [{}], [[]], [[null, 1, [], ['1', 2, 'x']]]])('of %j has no rows', (json) => {
    expect(parseHistory(json)).toEqual([])
  })
})
