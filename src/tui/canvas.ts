/** Painted rows with the cell of the terminal, from 0, at which the first of them begins. */
export interface Block {
  readonly x: number
  readonly y: number
  readonly rows: readonly string[]
}

/** What a terminal shows of blocks, of which the later lie over the earlier. */
export interface Canvas {
  /** Writes the rows that are other ones than they were, as one frame. What no block covers stays as it is. */
  paint(blocks: readonly Block[]): void
  /** Makes the screen empty. */
  clear(): void
}

/** The terminal shows all that comes between these two at once, if it knows them. */
const BEGIN = '\u001b[?2026h'
const END = '\u001b[?2026l'
const EMPTY = '\u001b[2J'
/** From its first cell nothing that somebody else writes can scroll the screen. */
const HOME = '\u001b[H'

/**
 * Its rows are exactly as wide as they are to be, so nothing has to be measured, and what was written is known by its
 * text: rows are compared whole, and the cursor is told where each begins.
 */
export function createCanvas(terminal: Pick<NodeJS.WriteStream, 'write'>): Canvas {
  let shown: readonly string[] = []
  return {
    paint(blocks) {
      const next: string[] = []
      for (const { x, y, rows } of blocks) {
        for (const [row, text] of rows.entries()) {
          next[y + row] = `${next[y + row] ?? ''}\u001b[${y + row + 1};${x + 1}H${text}`
        }
      }
      const changed = next.filter((text, row) => text !== shown[row])
      shown = next
      if (changed.length > 0) terminal.write(`${BEGIN}${changed.join('')}${HOME}${END}`)
    },
    clear() {
      shown = []
      terminal.write(EMPTY)
    },
  }
}
