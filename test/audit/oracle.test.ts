import { expect, it } from 'vitest'
import { audit } from '../../src/audit/audit.ts'
import { createLedger, type Ledger, type WriteOutcome } from '../../src/model/ledger.ts'
import { seededRng } from '../../src/model/rng.ts'
import { seqsOf } from '../../src/model/seq-ranges.ts'
import { ownerNumberOf } from '../../src/workloads/events/event-row.ts'
import { FakeClock } from '../traffic/fake-clock.ts'
import { entryOf, fakeReader, REPLICA, ROWS, RUN_ID, type WholeRow } from './fixture.ts'

const OUTCOMES = ['ok', 'ok', 'ok', 'unguarded', 'failed', 'unknown', 'dropped', 'unanswered'] as const
type Ended = (typeof OUTCOMES)[number]

/** Rows that mostly fit the outcomes, and now and then do not. */
function rowsFor(outcomes: readonly Ended[], random: () => number, faults: number): number[] {
  const rows = outcomes.flatMap((outcome, index): number[] => {
    const isExpected = outcome === 'ok' || outcome === 'unguarded' || (outcome === 'unknown' && random() < 0.5)
    const isThere = random() < faults ? !isExpected : isExpected
    if (!isThere) return []
    return random() < faults / 2 ? [index + 1, index + 1] : [index + 1]
  })
  if (random() < faults) rows.push(outcomes.length + 1 + Math.floor(random() * 5))
  return rows
    .map((row) => ({ row, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ row }) => row)
}

const DIGEST = 1_000

/** The rows with their content, which now and then is not what was written. */
function contentOf(rows: readonly number[], random: () => number, faults: number): Required<WholeRow>[] {
  return rows.map((seq) => ({
    seq,
    digest: DIGEST + seq + (random() < faults / 3 ? 1 : 0),
    owner: random() < faults / 6 ? 0 : ownerNumberOf(seq),
  }))
}

/** The same question, asked of sets. */
function oracle(
  outcomes: readonly Ended[],
  leaderRows: readonly Required<WholeRow>[],
  replicaRows: readonly Required<WholeRow>[],
) {
  const [leader, replica] = [leaderRows, replicaRows].map((rows) => rows.map(({ seq }) => seq)) as [number[], number[]]
  const rowsOf = (rows: readonly Required<WholeRow>[], seq: number) => rows.filter((row) => row.seq === seq)
  const sum = (rows: readonly Required<WholeRow>[], seq: number) =>
    rowsOf(rows, seq).reduce((total, { digest }) => total + digest, 0)
  const isAltered = (seq: number) => {
    const own = rowsOf(leaderRows, seq)
    const isTold = ['ok', 'unguarded'].includes(outcomes[seq - 1] as string)
    return (
      own.some(({ owner }) => owner !== ownerNumberOf(seq)) ||
      (isTold && own.length === 1 && own[0]?.digest !== DIGEST + seq)
    )
  }
  const seqs = (wanted: readonly (WriteOutcome | 'unanswered')[]) =>
    outcomes.flatMap((outcome, index) => (wanted.includes(outcome) ? [index + 1] : []))
  const present = new Set(leader)
  const copies = (rows: readonly number[], seq: number) => rows.filter((row) => row === seq).length
  const judged = [...seqs(['ok', 'unguarded', 'failed', 'unknown', 'dropped'])]
  const strange = [...new Set([...leader, ...replica])].filter((seq) => seq > outcomes.length).sort((a, b) => a - b)
  return {
    lost: seqs(['ok']).filter((seq) => !present.has(seq)),
    unguardedLost: seqs(['unguarded']).filter((seq) => !present.has(seq)),
    recovered: seqs(['unknown']).filter((seq) => present.has(seq)),
    phantom: seqs(['failed', 'dropped']).filter((seq) => present.has(seq)),
    duplicated: outcomes.map((_, index) => index + 1).filter((seq) => copies(leader, seq) > 1),
    neverAttempted: strange.filter((seq) => present.has(seq)),
    unansweredPresent: seqs(['unanswered']).filter((seq) => present.has(seq)),
    missing: [...judged, ...strange].filter((seq) => copies(replica, seq) < copies(leader, seq)),
    extra: [...judged, ...strange].filter((seq) => copies(replica, seq) > copies(leader, seq)),
    altered: judged.filter(isAltered).sort((a, b) => a - b),
    differing: judged
      .filter((seq) => copies(replica, seq) === copies(leader, seq) && sum(replicaRows, seq) !== sum(leaderRows, seq))
      .sort((a, b) => a - b),
  }
}

/** Of which the server told the digest of every row that it acknowledged. */
function told(outcomes: readonly Ended[]): Ledger {
  const ledger = createLedger()
  outcomes.forEach((outcome, index) => {
    const seq = index + 1
    const isTold = outcome === 'ok' || outcome === 'unguarded'
    if (outcome !== 'unanswered') ledger.record(entryOf(seq, outcome, { digest: isTold ? DIGEST + seq : null }))
  })
  return ledger
}

it('finds in two hundred random histories exactly what a comparison of sets finds', async () => {
  const verdicts = { pass: 0, fail: 0, unknown: 0 }
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRng(seed)
    const faults = seed % 4 === 0 ? 0 : random() * 0.1
    // The last one is answered: the ledger does not know of any write after its last answer.
    const some = Array.from({ length: Math.floor(random() * 60) }, () => OUTCOMES[Math.floor(random() * 8)] as Ended)
    const outcomes: readonly Ended[] = [...some, 'failed']
    const leader = contentOf(rowsFor(outcomes, random, faults), random, faults)
    // Now and then a row of the replica is gone, and another comes in its place.
    const replica = leader
      .filter(() => random() >= faults / 4)
      .map((row) => (random() < faults / 6 ? { ...row, digest: -row.seq } : row))
    if (random() < faults) {
      replica.push(...contentOf([1 + Math.floor(random() * (outcomes.length + 3))], random, faults))
    }
    const expected = oracle(outcomes, leader, replica)

    const node = (name: string) => ({ name, address: { host: name, port: 1 } })
    const found = await audit(
      {
        ledger: told(outcomes),
        runId: RUN_ID,
        rows: ROWS,
        nodes: async () => ({ leader: node('p1'), replicas: [node('p2')] }),
        credentials: { database: 'app', user: 'app', password: 'app' },
        clock: new FakeClock(),
        settleMs: 0,
        open: async ({ host }) =>
          fakeReader(host === 'p1' ? { rows: leader } : { rows: replica, at: REPLICA }, 1 + (seed % 30)),
      },
      new AbortController().signal,
    )
    const read = found.replicas.flatMap((each) => (each.isRead ? [each] : []))
    const { missing, extra, differing } = read[0] ?? {}
    const classes = { ...found.findings?.classes, missing, extra, differing }
    const actual = Object.entries(classes).map(([name, ranges]) => [name, ranges ? [...seqsOf(ranges)] : null])
    expect({ seed, ...Object.fromEntries(actual) }).toEqual({ seed, ...expected })

    const { recovered: _, unansweredPresent: __, ...faulty } = expected
    const isFaulty = Object.values(faulty).some((seqs) => seqs.length > 0)
    const isAcknowledged = outcomes.some((outcome) => outcome === 'ok' || outcome === 'unguarded')
    expect({ seed, verdict: found.verdict.verdict }).toEqual({
      seed,
      verdict: isFaulty ? 'fail' : isAcknowledged ? 'pass' : 'unknown',
    })
    verdicts[found.verdict.verdict]++
  }
  // All of them must have come up, or this has shown nothing.
  expect(Math.min(...Object.values(verdicts))).toBeGreaterThan(0)
})
