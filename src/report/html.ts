import { many } from '../model/words.ts'
import { asMarkup, type Insert, type Markup, markup, render } from './markup.ts'
import type { LegendEntry, Page, PagePart, PagePlot, PageSection, PageTable, Piece, Text } from './page.ts'
import { SIZES } from './plots/frame.ts'
import { PATTERNS, STYLE } from './style.ts'
import type { Tone } from './words/format.ts'
import type { KeyFigure } from './words/headline.ts'

/** A report as one self-contained page: no script, no network, plots as SVG. Everything that it tells is escaped. */
export function toHtml(page: Page): string {
  return render(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${page.title} · chaoslab</title>
<link rel="icon" href="data:,">
<style>${asMarkup(STYLE)}</style>
</head>
<body>
${asMarkup(PATTERNS)}
<main>
${top(page)}
${page.sections.map(section)}
<footer>${page.footer}</footer>
</main>
</body>
</html>
`)
}

function top({ name, when, verdict, heading, reasons = [], alert = null, cards: figures = [] }: Page): Markup {
  return markup`<header>
<p class="over"><b>${name}</b> · ${when}</p>
${verdict !== undefined && badge(verdict)}
<h1>${heading}</h1>
${reasons.map((reason) => markup`<p class="why">${reason}</p>`)}
${alert !== null && markup`<p class="alert">${inline(alert)}</p>`}
${figures.length > 0 && cards(figures)}
</header>
`
}

const BADGES = {
  pass: { tone: 'good', word: 'PASS', sign: 'M3 8.5l3.2 3.2L13 4.6' },
  fail: { tone: 'bad', word: 'FAIL', sign: 'M4 4l8 8M12 4l-8 8' },
  unknown: { tone: 'warn', word: 'UNKNOWN', sign: 'M5.2 6a2.8 2.8 0 1 1 3.9 2.6c-.8.35-1.1.8-1.1 1.6M8 12.6v.4' },
} as const satisfies Record<string, { readonly tone: Tone; readonly word: string; readonly sign: string }>

function badge(verdict: keyof typeof BADGES): Markup {
  const { tone, word, sign } = BADGES[verdict]
  return markup`<span class="badge ${tone}"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="${sign}" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></svg>${word}</span>`
}

/** The figures that are read first, large. */
function cards(figures: readonly KeyFigure[]): Markup {
  return markup`<dl class="cards">${figures.map(
    ({ label, value, note, tone }) =>
      markup`<div class="card"><dt>${label}</dt><dd class="${tone}">${value}</dd><dd class="note">${note}</dd></div>`,
  )}</dl>`
}

function section({ id, title, verdict, lead = null, parts }: PageSection): Markup {
  const judged = verdict === undefined ? null : markup` class="judged"`
  return markup`<section id="${id}"${judged}>${verdict !== undefined && badge(verdict)}<h2>${title}</h2>${
    lead !== null && markup`<p class="lead">${lead}</p>`
  }
${parts.map(print)}</section>
`
}

function print(part: PagePart): Insert {
  switch (part.type) {
    case 'heading':
      return markup`<h3>${part.text}</h3>`
    case 'paragraph':
      return markup`<p class="${part.look}">${inline(part.text)}</p>`
    case 'list': {
      const items = part.items.map((item) => markup`<li>${inline(item)}</li>`)
      return part.isNumbered ? markup`<ol class="story">${items}</ol>` : markup`<ul class="story">${items}</ul>`
    }
    case 'cards':
      return cards(part.cards)
    case 'facts': {
      const facts = part.facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)
      return markup`<dl class="facts">${facts}</dl>`
    }
    case 'findings':
      return part.findings.map(
        ({ title, text, tone }) => markup`<div class="finding"><h3 class="${tone}">${title}</h3><p>${text}</p></div>`,
      )
    case 'commands':
      return markup`<pre>${part.text}</pre>`
    case 'screen':
      return markup`<pre class="screen">${part.text}</pre>`
    case 'more':
      return details(part.title, part.parts.map(print))
    case 'table':
      return shortened(part)
    case 'plot':
      return plot(part)
  }
}

/** What is out of sight until somebody asks for it. */
function details(title: string, content: Insert): Markup {
  return markup`<details><summary>${title}</summary>${content}</details>`
}

function inline(text: Text): Insert {
  return typeof text === 'string' ? text : 'type' in text ? piece(text) : text.map(inline)
}

function piece(of: Piece): Markup {
  switch (of.type) {
    case 'loud':
      return markup`<span class="${of.look}">${of.text}</span>`
    case 'note':
      return markup` <small>${of.text}</small>`
    case 'below':
      return markup`<small class="below">${of.text}</small>`
    case 'link':
      return markup`<a href="${of.href}"${of.title !== undefined && markup` title="${of.title}"`}>${of.text}</a>`
  }
}

/** The first few in sight, the others at hand. */
function shortened(all: PageTable): Insert {
  const { rows, inSight = rows.length } = all
  const more = rows.length - inSight
  if (more <= 0) return htmlTable(all)
  const rest = htmlTable({ ...all, rows: rows.slice(inSight) })
  return [htmlTable({ ...all, rows: rows.slice(0, inSight) }), details(`${many(more, 'row')} more`, rest)]
}

function htmlTable({ columns, rows, look = '' }: PageTable): Markup {
  const kind = (index: number) => (columns[index]?.isNumber ? markup` class="num"` : null)
  return markup`<div class="scroll"><table class="${look}"><thead><tr>${columns.map(
    ({ name }, index) => markup`<th scope="col"${kind(index)}>${name}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ({ cells, look: rowLook = '' }) =>
      markup`<tr class="${rowLook}">${cells.map((cell, index) =>
        index === 0
          ? markup`<th scope="row">${cellOf(cell)}</th>`
          : markup`<td${kind(index)} data-name="${columns[index]?.name ?? ''}">${cellOf(cell)}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`
}

/** Whatever is in it stays together on a phone, where a cell is a row. */
function cellOf(cell: Text): Insert {
  return typeof cell === 'string' ? cell : markup`<span>${inline(cell)}</span>`
}

function plot({ id, title, reading, legend = [], draw, table }: PagePlot): Markup {
  const label = `${title}. ${reading}`
  return markup`<figure id="${id}" data-plot="${id}">
<figcaption><h3>${title}</h3><p>${reading}</p></figcaption>
${legend.length > 0 && markup`<ul class="legend">${legend.map(legendEntry)}</ul>`}
${SIZES.map((size) => draw(size, label))}
${table !== undefined && details('The figures as a table', htmlTable(table))}
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
