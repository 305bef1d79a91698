import { styleText } from 'node:util'
import type { Sink } from '../log/event-log.ts'
import type { LiveState } from '../log/live-state.ts'
import type { EventLine } from '../model/event-line.ts'
import { formatClock } from '../model/units.ts'

const STYLES = { good: 'green', warn: 'yellow', bad: 'red', info: 'dim' } as const

/** Prints every event line as it comes. Attach it after `live`, which it reads. */
export function linePrinter(live: LiveState, print: (line: string) => void): Sink {
  return {
    onEvent(event) {
      const line = live.current().lines.at(-1)
      if (line?.seq === event.seq) print(formatLine(line))
    },
  }
}

function formatLine(line: EventLine): string {
  return `${formatClock(line.atMs)}  ${line.source.padEnd(10)} ${styleText(STYLES[line.level], line.text)}`
}
