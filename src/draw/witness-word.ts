import { sight } from '../model/sight.ts'
import { openSplitBrain } from '../model/split-brain-state.ts'
import type { State } from '../model/state.ts'
import { lasted } from './format.ts'
import { type Span, span } from './line.ts'

/** How many nodes take writes by their own word, asked past the proxy; and that two did, once they have. */
export function witnessWord(state: State, nowMs: number): Span {
  const open = splitBrainNow(state)
  if (open !== null) return span(open, 'alarm')
  const past = splitBrainSoFar(state)
  if (past !== null) return span(past, 'bad')
  const names = state.lab?.nodes ?? []
  const witnesses = names.map((name) => {
    const word = state.splitBrain.nodes[name]?.state ?? 'unknown'
    return word !== 'down' && sight(state.nodes[name]?.postgres, nowMs).type === 'silent' ? 'unknown' : word
  })
  const primaries = witnesses.filter((word) => word === 'primary').length
  const unseen = names.filter((_, index) => witnesses[index] === 'unknown')
  if (unseen.length === names.length) return span('no node seen', 'dim')
  if (primaries > 1) return span(`${primaries} primaries?`, 'bad')
  const but = unseen.length === 0 ? '' : `, ${unseen.length === 1 ? unseen[0] : unseen.length} unseen`
  if (primaries === 1) return span(`one primary${but}`, but === '' ? 'good' : 'warn')
  return span(`no primary${but}`, 'warn')
}

/** `SPLIT BRAIN 1.2 s: patroni1 and patroni2`, by what is proven up to now; null while nothing shows one. */
function splitBrainNow({ splitBrain }: State): string | null {
  const open = openSplitBrain(splitBrain)
  return open === null ? null : `SPLIT BRAIN ${lasted(open.toMs - open.fromMs)}: ${open.nodes.join(' and ')}`
}

/** What there was of it in the run; null when there was none. */
function splitBrainSoFar({ splitBrain: { spans, totalMs } }: State): string | null {
  const latest = spans.at(-1)
  if (latest === undefined) return null
  const how = latest.basis === 'recovery' ? '' : ' (both acknowledged)'
  return `was split ${lasted(totalMs)}: ${latest.nodes.join(' and ')}${how}`
}
