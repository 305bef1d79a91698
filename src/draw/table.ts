import { fitText } from './cells.ts'
import { fitLine, type Line, line, type Span, selectedLine, span } from './line.ts'

export interface Column<Row> {
  readonly title: string
  readonly width: number
  readonly align?: 'left' | 'right'
  /** Takes the cells that are left over; only the first such column does. */
  readonly isGrowing?: boolean
  /** Columns with the highest number leave first when the room is short; those without one stay. */
  readonly leaves?: number
  cell(row: Row): Span | string
}

interface TableRows<Row> {
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly width: number
  /** Rows that fit below the heading; the part around the selected row is shown. */
  readonly height: number
  /** Index of the row that the cursor is on, if it is to be seen. */
  readonly selected?: number | null
  /** What takes the place of the cells from a column on, through to `until` (or the last). */
  merge?(row: Row): { readonly from: string; readonly until?: string; readonly span: Span } | null
}

/** A heading and the rows in aligned columns, each line exactly `width` cells. */
export function table<Row>({ columns, rows, width, height, selected = null, merge }: TableRows<Row>): Line[] {
  const shown = choose(columns, width - MARK)
  const widths = spreadWidths(shown, width - MARK)
  const heading = shown.map((column, index) => span(fitText(column.title, widths[index] ?? 0, column.align), 'dim'))
  const first = scrollTo(rows.length, selected, height)
  const body = rows.slice(first, first + height).map((row, offset) => {
    const isSelected = first + offset === selected
    const cells = layCells(row, shown, widths, merge?.(row) ?? null)
    const whole = fitLine([span(isSelected ? '▸ ' : '  '), ...between(cells)], width)
    return isSelected ? selectedLine(whole) : whole
  })
  return [fitLine([span(' '.repeat(MARK)), ...between(heading)], width), ...body]
}

/** The first row to show so that the selected one is in sight. */
export function scrollTo(count: number, selected: number | null, height: number): number {
  const most = Math.max(0, count - height)
  return Math.min(most, Math.max(0, (selected ?? 0) - Math.floor(height / 2)))
}

const MARK = 2
const GAP = 1

function choose<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  let shown = columns
  while (shown.reduce((sum, column) => sum + column.width + GAP, -GAP) > width) {
    const last = shown.reduce<Column<Row> | null>(
      (latest, column) => ((column.leaves ?? 0) > (latest?.leaves ?? 0) ? column : latest),
      null,
    )
    if (last === null) break
    shown = shown.filter((column) => column !== last)
  }
  return shown
}

function spreadWidths<Row>(columns: readonly Column<Row>[], width: number): number[] {
  const left = width - columns.reduce((sum, column) => sum + column.width + GAP, -GAP)
  const growing = columns.findIndex((column) => column.isGrowing)
  return columns.map((column, index) => (index === growing ? column.width + Math.max(0, left) : column.width))
}

function layCells<Row>(
  row: Row,
  columns: readonly Column<Row>[],
  widths: readonly number[],
  merged: { readonly from: string; readonly until?: string; readonly span: Span } | null,
): Span[] {
  const from = columns.findIndex((column) => column.title === merged?.from)
  const until = merged?.until === undefined ? -1 : columns.findIndex((column) => column.title === merged.until)
  const end = until < 0 ? columns.length - 1 : until
  return columns.flatMap((column, index) => {
    if (merged === null || from < 0 || index < from || index > end) {
      const cell = column.cell(row)
      const content = typeof cell === 'string' ? span(cell) : cell
      return [{ ...content, text: fitText(content.text, widths[index] ?? 0, column.align) }]
    }
    if (index > from) return []
    const width = widths.slice(from, end + 1).reduce((sum, each) => sum + each + GAP, -GAP)
    return [{ ...merged.span, text: fitText(merged.span.text, width) }]
  })
}

function between(cells: readonly Span[]): Line {
  return cells.flatMap((cell, index) => (index === 0 ? line(cell) : line(' '.repeat(GAP), cell)))
}
