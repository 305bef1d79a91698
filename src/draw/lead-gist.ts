import { joinWithin, type Line, line, span } from './line.ts'
import type { Scene } from './panel.ts'
import { witnessWord } from './witness-word.ts'

/** Who leads, how many answer and how many take writes: what is wrong comes first, and what there is no room for is left out. */
export function leadGist(
  leader: Line,
  rows: readonly { readonly absent: unknown }[],
  { state, nowMs, width }: Pick<Scene, 'state' | 'nowMs' | 'width'>,
): Line {
  const away = rows.filter((row) => row.absent !== null).length
  const answering = away > 0 ? line(span(`${rows.length - away} of ${rows.length} answer`, 'bad')) : []
  const witness = witnessWord(state, nowMs)
  const parts = witness.style === 'good' ? [leader, answering, [witness]] : [[witness], answering, leader]
  return joinWithin(parts, width - BESIDE)
}

/** What the frame and a title of seven letters take beside it. */
const BESIDE = 16
