import { asMarkup, type Insert, type Markup, markup, render } from './markup.ts'
import { PATTERNS, STYLE } from './style.ts'
import type { Tone } from './words/format.ts'

export interface HtmlDocument {
  readonly title: string
  /** A style sheet of its own, after that of all reports. */
  readonly style?: string
  readonly content: Insert
}

/** One self-contained page: no script, no network, plots as SVG. */
export function htmlDocument({ title, style = '', content }: HtmlDocument): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${asMarkup(STYLE)}${asMarkup(style)}</style>
</head>
<body>
${asMarkup(PATTERNS)}
<main>
${content}
</main>
</body>
</html>
`
  return render(page)
}

const UNKNOWN = 'M5.2 6a2.8 2.8 0 1 1 3.9 2.6c-.8.35-1.1.8-1.1 1.6M8 12.6v.4'

const BADGES = {
  pass: { tone: 'good', word: 'PASS', sign: 'M3 8.5l3.2 3.2L13 4.6' },
  fail: { tone: 'bad', word: 'FAIL', sign: 'M4 4l8 8M12 4l-8 8' },
  unknown: { tone: 'warn', word: 'UNKNOWN', sign: UNKNOWN },
} as const satisfies Record<string, { readonly tone: Tone; readonly word: string; readonly sign: string }>

/** A verdict that is told by its colour, its sign and its word. */
export function badge(verdict: keyof typeof BADGES): Markup {
  const { tone, word, sign } = BADGES[verdict]
  return markup`<span class="badge ${tone}"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="${sign}" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></svg>${word}</span>`
}
