import { type Line, type Span, type Style, span } from './line.ts'

interface Bar {
  /** Null where nothing is known: left empty, which is not the same as zero. */
  readonly value: number | null
  readonly style: Style
}

/** Bars of eighths, bottom-aligned, as rows from the top; zero is a line on the ground. */
export function bars(values: readonly Bar[], height: number, max: number): Line[] {
  return Array.from({ length: height }, (_, row) => {
    const ground = height - 1 - row
    return merge(values.map((bar) => span(cell(bar.value, ground, height, max), bar.style)))
  })
}

/** A gauge of `width` cells, with eighths. */
export function gauge(share: number, width: number, style: Style): Line {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8)
  const full = Math.floor(eighths / 8)
  const rest = full < width ? (LEFT_EIGHTHS[eighths % 8] ?? '') : ''
  const filled = '█'.repeat(full) + rest
  return [span(filled, style), span('·'.repeat(Math.max(0, width - filled.length)), 'dim')]
}

/** A round figure at or above the value, so that a scale does not change with every reading. */
export function roundUp(value: number): number {
  if (value <= 1) return 1
  const magnitude = 10 ** Math.floor(Math.log10(value))
  const step = [1, 1.5, 2, 3, 5, 7.5, 10].find((each) => each * magnitude >= value) ?? 10
  return step * magnitude
}

const EIGHTHS = ' ▁▂▃▄▅▆▇█'
const LEFT_EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function cell(value: number | null, ground: number, height: number, max: number): string {
  if (value === null) return ' '
  if (value <= 0) return ground === 0 ? '_' : ' '
  const eighths = Math.max(1, Math.round((Math.min(value, max) / max) * height * 8))
  return EIGHTHS[Math.min(8, Math.max(0, eighths - ground * 8))] ?? ' '
}

/** Neighbours of one style as one span. */
function merge(spans: readonly Span[]): Line {
  const merged: Span[] = []
  for (const each of spans) {
    const last = merged.at(-1)
    if (last !== undefined && last.style === each.style) {
      merged[merged.length - 1] = span(last.text + each.text, each.style)
    } else merged.push(each)
  }
  return merged
}
