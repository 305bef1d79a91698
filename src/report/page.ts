import { type Insert, type Markup, markup } from './markup.ts'
import { SIZES, type Size } from './plots/frame.ts'
import type { Tone } from './words/format.ts'
import type { KeyFigure } from './words/headline.ts'

/** A plot with its title, what it says in a sentence, its legend, and its figures as a table. */
export interface PageFigure {
  readonly id: string
  readonly title: string
  readonly reading: string
  readonly legend?: readonly LegendEntry[]
  readonly draw: (size: Size, label: string) => Markup
  readonly table?: Insert
}

export interface LegendEntry {
  /** The classes of the box or line. */
  readonly look: string
  readonly as: 'box' | 'line'
  readonly text: string
}

export function figure({ id, title, reading, legend = [], draw, table = null }: PageFigure): Markup {
  const label = `${title}. ${reading}`
  return markup`<figure id="${id}" data-plot="${id}">
<figcaption><h3>${title}</h3><p>${reading}</p></figcaption>
${legend.length > 0 && markup`<ul class="legend">${legend.map(legendEntry)}</ul>`}
${SIZES.map((size) => draw(size, label))}
${table !== null && markup`<details><summary>The figures as a table</summary>${table}</details>`}
</figure>
`
}

function legendEntry({ look, as, text }: LegendEntry): Markup {
  const shape =
    as === 'box'
      ? markup`<rect x="1" y="1" width="18" height="10" class="${look}"/>`
      : markup`<path d="M0,6H20" class="${look}"/>`
  return markup`<li><svg viewBox="0 0 20 12" aria-hidden="true">${shape}</svg>${text}</li>`
}

export interface PageColumn {
  readonly name: string
  readonly isNumber?: boolean
}

export interface PageRow {
  readonly cells: readonly Insert[]
  /** How the row stands out. */
  readonly look?: string
}

/** The first cell of a row is its heading; a `steps` table becomes a list of cards on a phone. */
export function htmlTable(columns: readonly PageColumn[], rows: readonly PageRow[], look = ''): Markup {
  const kind = (index: number) => (columns[index]?.isNumber ? markup` class="num"` : null)
  return markup`<div class="scroll"><table class="${look}"><thead><tr>${columns.map(
    ({ name }, index) => markup`<th scope="col"${kind(index)}>${name}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ({ cells, look: rowLook = '' }) =>
      markup`<tr class="${rowLook}">${cells.map((cell, index) =>
        index === 0
          ? markup`<th scope="row">${cell}</th>`
          : markup`<td${kind(index)} data-name="${columns[index]?.name ?? ''}">${cell}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`
}

export function section(id: string, title: string, lead: string | null, ...content: readonly Insert[]): Markup {
  return markup`<section id="${id}"><h2>${title}</h2>${lead !== null && markup`<p class="lead">${lead}</p>`}
${content}</section>
`
}

/** The figures that are read first, large. */
export function cards(figures: readonly KeyFigure[]): Markup {
  return markup`<dl class="cards">${figures.map(card)}</dl>`
}

function card({ label, value, note, tone }: KeyFigure): Markup {
  return markup`<div class="card"><dt>${label}</dt><dd class="${loud(tone)}">${value}</dd><dd class="note">${note}</dd></div>`
}

function loud(tone: Tone): string {
  return tone === 'plain' ? '' : tone
}
