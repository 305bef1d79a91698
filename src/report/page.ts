import type { Verdict } from '../model/verdict.ts'
import type { Markup } from './markup.ts'
import type { Size } from './plots/frame.ts'
import type { Tone } from './words/format.ts'
import type { KeyFigure } from './words/headline.ts'

/** A report as a value: `html.ts` and `markdown.ts` print it. All text in it may come from anywhere: they escape it. */
export interface Page {
  /** Of the window. */
  readonly title: string
  readonly name: string
  /** When it was, and for how long. */
  readonly when: string
  readonly verdict?: Verdict['verdict']
  readonly heading: string
  readonly reasons?: readonly string[]
  readonly alert?: Text | null
  readonly cards?: readonly KeyFigure[]
  readonly sections: readonly PageSection[]
  readonly footer: string
}

/** One without anything in it is left out. */
export interface PageSection {
  readonly id: string
  readonly title: string
  readonly verdict?: Verdict['verdict']
  readonly lead?: string | null
  readonly parts: readonly PagePart[]
}

export type PagePart =
  | { readonly type: 'heading'; readonly text: string }
  | { readonly type: 'paragraph'; readonly text: Text; readonly look: 'lead' | 'why' | 'alert' | 'look' }
  | { readonly type: 'list'; readonly items: readonly Text[]; readonly isNumbered?: boolean }
  | { readonly type: 'cards'; readonly cards: readonly KeyFigure[] }
  | { readonly type: 'facts'; readonly facts: readonly (readonly [name: string, value: string])[] }
  | { readonly type: 'findings'; readonly findings: readonly PageFinding[] }
  | { readonly type: 'commands'; readonly text: string }
  /** Text in columns of its own. */
  | { readonly type: 'screen'; readonly text: string }
  /** At hand, but not in sight. */
  | { readonly type: 'more'; readonly title: string; readonly parts: readonly PagePart[] }
  | PageTable
  | PagePlot

/** A paragraph or a cell: strings, and pieces that stand out. */
export type Text = string | Piece | readonly (string | Piece)[]

export type Piece =
  | { readonly type: 'loud'; readonly text: string; readonly look: string }
  /** In smaller type behind it. */
  | { readonly type: 'note'; readonly text: string }
  /** In smaller type on a line of its own. */
  | { readonly type: 'below'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string; readonly title?: string }

export interface PageFinding {
  readonly title: string
  readonly text: string
  readonly tone: Tone
}

/** The first cell of a row is its heading. */
export interface PageTable {
  readonly type: 'table'
  readonly columns: readonly PageColumn[]
  readonly rows: readonly PageRow[]
  /** `steps` becomes a list of cards on a phone. */
  readonly look?: string
  /** How many rows are in sight, the others at hand; default all. */
  readonly inSight?: number
}

interface PageColumn {
  readonly name: string
  readonly isNumber?: boolean
}

export interface PageRow {
  readonly cells: readonly Text[]
  /** How the row stands out. */
  readonly look?: string
}

/** A plot with its title, what it says in a sentence, its legend, and its figures as a table. */
export interface PagePlot {
  readonly type: 'plot'
  readonly id: string
  readonly title: string
  readonly reading: string
  readonly legend?: readonly LegendEntry[]
  readonly draw: (size: Size, label: string) => Markup
  readonly table?: PageTable
}

export interface LegendEntry {
  /** The classes of the box or line. */
  readonly look: string
  readonly as: 'box' | 'line'
  readonly text: string
}

export function table(columns: readonly (string | PageColumn)[], rows: readonly PageRow[], look = ''): PageTable {
  return { type: 'table', columns: columns.map((name) => (typeof name === 'string' ? { name } : name)), rows, look }
}

/** A column of numbers. */
export function numbers(name: string): PageColumn {
  return { name, isNumber: true }
}

/** Nothing where there are no items. */
export function list(items: readonly Text[], isNumbered = false): readonly PagePart[] {
  return items.length === 0 ? [] : [{ type: 'list', items, isNumbered }]
}
