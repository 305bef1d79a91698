import type { Ledger, LedgerEntry } from '../../model/ledger.ts'
import { changerOf, planOf } from './plan.ts'
import type { FoundRow } from './read-shards.ts'

/** What became of the vectors of a run, by the number of the write that shows it. */
export interface VectorFindings {
  /** Acknowledged inserts without a vector, though nobody has deleted it. */
  readonly lost: readonly number[]
  /** Acknowledged deletes of a vector that is there. */
  readonly resurrected: readonly number[]
  /** Acknowledged updates of a vector that is as it was before. */
  readonly stale: readonly number[]
  /** Vectors that are where the map does not look for them. */
  readonly wrongShard: readonly number[]
  /** Vectors that are in two shards at once. */
  readonly doubled: readonly number[]
  /** The writes that are there, as often as they are: what the ledger is held against. */
  readonly present: readonly number[]
}

type Reading = Pick<Ledger, 'at' | 'size'>

/**
 * Every vector of the run against the writes that made and changed it. An update and a delete take the place of what
 * was there: then the insert is there, too, as far as it was acknowledged. What cannot be told from what was
 * acknowledged counts for the system: so does what a change may have done that lies past the end of a ledger that was cut short.
 */
export function judgeVectors(
  ledger: Reading,
  rows: readonly FoundRow[],
  vanished: ReadonlySet<number>,
  isLedgerComplete = true,
): VectorFindings {
  const found: Found = {
    lost: [],
    resurrected: [],
    stale: [],
    wrongShard: rows.filter(({ isInPlace }) => !isInPlace).map(({ seq }) => seq),
    doubled: [],
    present: [],
  }
  const byKey = Map.groupBy(rows, ({ key }) => key)
  for (let seq = 1; seq <= ledger.size; seq++) {
    const { type, key } = planOf(seq)
    if (type !== 'insert') continue
    const of = { made: ledger.at(key), change: changeOf(ledger, key, isLedgerComplete) }
    judgeOne(of, byKey.get(key) ?? [], vanished.has(key), found)
  }
  // What no write of the run can have made is told as it is found.
  for (const { seq, key } of rows) if (!isOf(key, seq) || key > ledger.size) found.present.push(seq)
  return found
}

function isOf(key: number, seq: number): boolean {
  return seq === key || seq === changerOf(key)
}

type Found = Record<keyof VectorFindings, number[]>

/** Null where nobody has changed it. */
function changeOf(ledger: Reading, insert: number, isLedgerComplete: boolean): LedgerEntry | null {
  const changer = changerOf(insert)
  if (changer === null) return null
  if (changer <= ledger.size) return ledger.at(changer)
  return isLedgerComplete ? null : { ...ledger.at(insert), seq: changer, outcome: 'unknown' }
}

function judgeOne(
  { made, change }: { readonly made: LedgerEntry; readonly change: LedgerEntry | null },
  all: readonly FoundRow[],
  isVanished: boolean,
  found: Found,
): void {
  const insert = made.seq
  // What is where nobody looks for it is not there for a client.
  const rows = all.filter(({ isInPlace, seq }) => isInPlace && isOf(insert, seq))
  if (rows.length > 1) found.doubled.push(insert)
  for (const { seq } of rows) found.present.push(seq)
  const one = { made, row: rows[0], isMade: made.outcome === 'ok' && !isVanished }
  if (change === null || change.outcome === 'failed' || change.outcome === 'dropped') {
    if (one.row === undefined && made.outcome === 'ok') found.lost.push(insert)
  } else if (planOf(change.seq).type === 'delete') judgeDelete({ ...one, change }, found)
  else judgeUpdate({ ...one, change }, found)
}

/** A vector with a change that may have been done. */
interface Changed {
  readonly made: LedgerEntry
  readonly change: LedgerEntry
  readonly row: FoundRow | undefined
  /** Its insert was acknowledged, and nobody missed it before it was changed. */
  readonly isMade: boolean
}

function judgeUpdate({ made, change, row, isMade }: Changed, found: Found): void {
  if (row?.seq === change.seq) {
    if (isMade) found.present.push(made.seq)
  } else if (change.outcome === 'ok') found[row === undefined ? 'lost' : 'stale'].push(change.seq)
  else if (row === undefined && isMade) found.lost.push(made.seq)
}

function judgeDelete({ made, change, row, isMade }: Changed, found: Found): void {
  const isAcknowledged = change.outcome === 'ok'
  if (row === undefined) {
    if (isAcknowledged || isMade) found.present.push(change.seq)
    if (isMade) found.present.push(made.seq)
    else if (made.outcome === 'ok') found.lost.push(made.seq)
  } else if (isAcknowledged) {
    // An insert that nobody had heard of yet may have come after its own delete.
    const wasThere = made.outcome === 'ok' && (made.answeredMs ?? 0) <= (change.sentMs ?? 0)
    found[wasThere ? 'resurrected' : 'present'].push(change.seq)
  }
}
