import { sum } from '../../model/sum.ts'

/** One part of a transfer: what an account in a database gets or gives. */
export interface Move {
  readonly database: string
  readonly account: number
  readonly amount: number
}

const ACCOUNTS = 40
const MOST_DATABASES = 4

/** Between which accounts of which databases transfer `seq` moves how much: the amounts come to nothing. */
export function movesOf(runId: string, seq: number, databases: readonly string[]): readonly Move[] {
  const draw = drawsOf(`${runId}:${seq}`)
  const wanted = Math.min(databases.length, 2 + Math.max(0, draw(8) - 5), MOST_DATABASES)
  const left = [...databases]
  const chosen = Array.from({ length: wanted }, () => left.splice(draw(left.length), 1)[0] as string)
  const amounts = chosen.slice(1).map(() => 1 + draw(100))
  const total = sum(amounts)
  return chosen.map((database, index) => {
    return { database, account: draw(ACCOUNTS), amount: index === 0 ? -total : (amounts[index - 1] as number) }
  })
}

/** Numbers below a bound, the same ones for the same text: FNV-1a, then xorshift. */
function drawsOf(text: string): (below: number) => number {
  let state = 0x811c9dc5
  for (const char of text) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193)
  state ||= 1
  const step = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
  }
  for (let n = 0; n < 8; n++) step()
  return (below) => {
    step()
    return (state >>> 0) % below
  }
}
