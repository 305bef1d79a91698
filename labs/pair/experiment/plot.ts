import type { Server } from './count.ts'

/** One look at both servers: seconds since the start, and the rows of each, −1 where it could not be asked. */
export interface Sample {
  readonly atSeconds: number
  readonly rows: Readonly<Record<Server, number>>
}

export interface Mark {
  readonly atSeconds: number
  readonly text: string
}

const WIDTH = 900
const HEIGHT = 420
const BOX = { left: 60, right: WIDTH - 20, top: 50, bottom: HEIGHT - 50 }
const COLOURS: Readonly<Record<Server, string>> = { my_primary: '#c0392b', my_standby: '#2471a3' }
const SERVERS = Object.keys(COLOURS) as Server[]

/** Both curves as an SVG file; where a server could not be asked its curve lies at −1, as in the seed. */
export function plot(samples: readonly Sample[], marks: readonly Mark[], title: string): string {
  const most = Math.max(10, ...samples.flatMap(({ rows }) => SERVERS.map((server) => rows[server])))
  const lastSeconds = Math.max(1, ...samples.map(({ atSeconds }) => atSeconds))
  const x = (seconds: number) => round(BOX.left + ((BOX.right - BOX.left) * seconds) / lastSeconds)
  const y = (rows: number) => round(BOX.bottom - ((BOX.bottom - BOX.top) * (rows + 1)) / (most + 1))
  const yTicks = [-1, ...steps(most)]
  const xTicks = [0, ...steps(lastSeconds)]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(BOX.left, 22, title, 'font-size="15"'),
    ...yTicks.map((rows) => line(BOX.left, y(rows), BOX.right, y(rows), '#e5e7e9')),
    ...yTicks.map((rows) => text(BOX.left - 8, y(rows) + 4, String(rows), 'text-anchor="end"')),
    ...xTicks.map((seconds) => text(x(seconds), BOX.bottom + 18, String(seconds), 'text-anchor="middle"')),
    text((BOX.left + BOX.right) / 2, HEIGHT - 12, 'seconds', 'text-anchor="middle"'),
    ...marks.flatMap((mark) => drawMark(mark, x(mark.atSeconds))),
    ...SERVERS.map((server) => {
      const points = samples.map(({ atSeconds, rows }) => `${x(atSeconds)},${y(rows[server])}`).join(' ')
      return `<polyline points="${points}" fill="none" stroke="${COLOURS[server]}" stroke-width="2" ${dash(server)}/>`
    }),
    ...SERVERS.flatMap((server, n) => [
      `<path d="M${BOX.right - 250 + n * 130} 18h24" stroke="${COLOURS[server]}" stroke-width="2" ${dash(server)}/>`,
      text(BOX.right - 220 + n * 130, 22, server),
    ]),
    '</svg>\n',
  ].join('\n')
}

/** The standby's curve is dashed, so that both are seen where they lie on each other. */
function dash(server: Server): string {
  return server === 'my_standby' ? 'stroke-dasharray="6 4"' : ''
}

function drawMark({ text: words }: Mark, at: number): string[] {
  const isLate = at > (BOX.left + BOX.right) / 2
  return [
    `<path d="M${at} ${BOX.top - 8}V${BOX.bottom}" stroke="#7f8c8d" stroke-dasharray="3 3"/>`,
    text(
      at + (isLate ? -5 : 5),
      BOX.top - 2,
      words,
      `fill="#566573" font-size="12" text-anchor="${isLate ? 'end' : 'start'}"`,
    ),
  ]
}

/** Four to eight round numbers up to the largest. */
function steps(most: number): number[] {
  const raw = most / 6
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power
  return Array.from({ length: Math.floor(most / step) }, (_, n) => round((n + 1) * step))
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="${colour}"/>`
}

function text(x: number, y: number, words: string, more = ''): string {
  const safe = words.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return `<text x="${x}" y="${y}" ${more}>${safe}</text>`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
