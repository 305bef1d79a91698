import { wrapText } from '../../draw/cells.ts'
import { fitLine, type Line, line, span } from '../../draw/line.ts'
import type { FaultInForce } from '../../model/faults-in-force.ts'
import { type Notice, noticeText } from '../notice.ts'
import { boxed, centred, type Overlay, shortened, wrapWhole } from './box.ts'

/** What could not be put back, why, and the commands that a person can run; stays until a key. */
export function stuckOverlay(faults: readonly FaultInForce[], columns: number, rows: number): Overlay {
  const width = Math.min(columns - 2, 100)
  const room = width - 6
  const told = faults.flatMap(({ fault, parts, stuck }): Line[] => [
    ...wrapText(`${fault} of ${parts.join(', ')} could not be healed`, room).map((text) =>
      line('  ', span(text, 'bad')),
    ),
    ...wrapWhole(stuck?.error ?? '', room - 2).map((text) => line('    ', text)),
    ...(stuck?.byHand ?? []).flatMap((command) => [
      line('    ', span('by hand:', 'dim')),
      ...wrapWhole(command, room - 4).map((text) => line('      ', span(text, 'bold'))),
    ]),
    [],
  ])
  const body: Line[] = [
    fitLine(line('  ', span(' STUCK ', 'alarm'), '  the cluster is not as it was before'), width - 2),
    [],
    ...shortened(told, Math.max(2, rows - 6), (hidden) =>
      line('  ', span(`${hidden} more rows: chaoslab heal`, 'dim')),
    ),
    line('  ', span('H', 'key'), ' tries again    any other key closes this'),
  ]
  return centred(boxed(body, width, 'what could not be healed', 'bad'), columns, rows)
}

/** What the bottom bar has no room for, right above it; it goes with the next key and takes none itself. */
export function noticeOverlay(
  notice: Notice,
  { columns, rows, alarm }: { readonly columns: number; readonly rows: number; readonly alarm: string | null },
): Overlay | null {
  // Good news does not outshine a state that cannot wait.
  const isBright = notice.isGood && alarm === null
  const text = notice.isGood && alarm !== null ? `${alarm}: ${notice.text}` : noticeText(notice)
  const width = Math.min(columns, 110)
  const lines = wrapWhole(text, width - 6).slice(0, rows - 4)
  const style = isBright ? 'good' : 'warn'
  const body = lines.map((each, index) =>
    line(span(index === 0 && style === 'warn' ? ' ! ' : '   ', style), span(each, style)),
  )
  const box = boxed(body, width, '', style)
  return { x: 0, y: Math.max(0, rows - 1 - box.length), lines: box }
}
