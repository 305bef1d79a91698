// Turns a captured terminal screen into an SVG picture, cell by cell:
//   tmux capture-pane -e -p -t SESSION | node docs/ansi-to-svg.mjs 120 40 > docs/screen.svg

import { readFileSync } from 'node:fs'
import xterm from '@xterm/headless'

const CELL_WIDTH = 8.4
const CELL_HEIGHT = 18
const BACKGROUND = '#14161b'
const FOREGROUND = '#d5d8de'
const PALETTE = [
  '#3b4048', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#abb2bf',
  '#7f8793', '#ff7b85', '#b5e890', '#ffd68a', '#7cc4ff', '#de8ff5', '#6ed3e0', '#ffffff',
]

const [columns, rows] = process.argv.slice(2).map(Number)
const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
const text = readFileSync(0, 'utf8').replace(/\n$/, '').replaceAll('\n', '\r\n')
terminal.write(text, () => process.stdout.write(toSvg(terminal)))

function toSvg({ buffer }) {
  const width = columns * CELL_WIDTH
  const height = rows * CELL_HEIGHT
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`,
    `<rect width="100%" height="100%" rx="6" fill="${BACKGROUND}"/>`,
  ]
  for (let y = 0; y < rows; y++) {
    for (const run of runsOf(buffer.active.getLine(y))) parts.push(draw(run, y))
  }
  return `${parts.join('\n')}\n</svg>\n`
}

/** Neighbouring cells that look the same, as one run; blank ones without a background are left out. */
function runsOf(line) {
  const runs = []
  for (let x = 0; x < columns; x++) {
    const cell = line?.getCell(x)
    if (!cell || cell.getWidth() === 0) continue
    const style = styleOf(cell)
    const last = runs.at(-1)
    const key = JSON.stringify(style)
    if (last?.key === key) last.text += cell.getChars() || ' '
    else runs.push({ x, key, style, text: cell.getChars() || ' ' })
  }
  return runs.filter((run) => run.text.trim() !== '' || run.style.background !== null)
}

function styleOf(cell) {
  const foreground = cell.isFgDefault() ? FOREGROUND : color(cell.getFgColor(), cell.isFgRGB())
  const background = cell.isBgDefault() ? null : color(cell.getBgColor(), cell.isBgRGB())
  const [fill, behind] = cell.isInverse() ? [background ?? BACKGROUND, foreground] : [foreground, background]
  return { fill, background: behind, isBold: cell.isBold() !== 0, isDim: cell.isDim() !== 0 }
}

function color(value, isRgb) {
  if (isRgb) return `#${value.toString(16).padStart(6, '0')}`
  if (value < 16) return PALETTE[value]
  if (value >= 232) return `rgb(${Array(3).fill(8 + (value - 232) * 10).join(',')})`
  const level = (n) => (n === 0 ? 0 : 55 + n * 40)
  const cube = value - 16
  return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join(',')})`
}

function draw({ x, style, text: content }, y) {
  const left = (x * CELL_WIDTH).toFixed(1)
  const width = ([...content].length * CELL_WIDTH).toFixed(1)
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const behind = style.background
    ? `<rect x="${left}" y="${y * CELL_HEIGHT}" width="${width}" height="${CELL_HEIGHT}" fill="${style.background}"/>`
    : ''
  const look = `${style.isBold ? ' font-weight="bold"' : ''}${style.isDim ? ' opacity="0.6"' : ''}`
  return `${behind}<text x="${left}" y="${y * CELL_HEIGHT + 13.5}" textLength="${width}" xml:space="preserve" fill="${style.fill}"${look}>${escaped}</text>`
}
