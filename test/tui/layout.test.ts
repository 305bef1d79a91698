import { describe, expect, test } from 'vitest'
import { layout, MIN_COLUMNS, MIN_ROWS, type Rect } from '../../src/tui/layout.ts'
import { panelIds } from '../../src/tui/panel-id.ts'

const sizes = [
  [60, 17],
  [61, 18],
  [80, 24],
  [80, 60],
  [100, 30],
  [111, 40],
  [112, 17],
  [120, 24],
  [120, 40],
  [137, 41],
  [160, 50],
  [179, 33],
  [180, 25],
  [200, 50],
  [301, 97],
] as const

const contents = [
  { nodes: 3, etcdMembers: 3, containers: 8 },
  { nodes: 9, etcdMembers: 7, containers: 30 },
  { nodes: 1, etcdMembers: 1, containers: 3 },
  { nodes: 3, etcdMembers: 3, containers: 8, scenarioRows: 12 },
]
const withScenario = { nodes: 3, etcdMembers: 3, containers: 8, hasOutages: true, scenarioRows: 8 }
const usual = panelIds.filter((id) => id !== 'scenario')

describe.each(sizes)('at %i × %i', (columns, rows) => {
  test('every cell belongs to exactly one rectangle, whatever has the focus and however long the lists are', () => {
    for (const focus of usual) {
      for (const isEnlarged of [false, true]) {
        for (const each of contents) {
          const rooms = { isEnlarged, hasStrip: isEnlarged, contents: { hasOutages: false, ...each } }
          const { panels, top, bottom } = placed(columns, rows, focus, rooms)
          expect(uncovered([top, bottom, ...Object.values(panels)], columns, rows), focus).toBe('')
        }
      }
    }
  })

  test('all panels are there, and the focused one has a frame, with a scenario and a row of faults as well', () => {
    for (const focus of usual) {
      const { panels } = placed(columns, rows, focus, {})
      expect(Object.keys(panels).sort()).toEqual([...usual].sort())
      expect(panels[focus]?.height, focus).toBeGreaterThanOrEqual(5)
    }
    for (const focus of panelIds) {
      const { panels, top } = placed(columns, rows, focus, { hasStrip: true, contents: withScenario })
      expect(Object.keys(panels).sort()).toEqual([...panelIds].sort())
      expect(panels[focus]?.height, focus).toBeGreaterThanOrEqual(5)
      expect(top.height).toBe(3)
    }
  })

  test('no panel has a height between one row and a frame', () => {
    for (const focus of usual) {
      const heights = Object.values(placed(columns, rows, focus, {}).panels).map((rect) => rect.height)
      expect(
        heights.filter((height) => height === 2 || height === 3),
        focus,
      ).toEqual([])
    }
  })
})

test('a big enough terminal shows every panel in a frame whatever has the focus', () => {
  for (const focus of usual) {
    const heights = Object.values(placed(120, 40, focus, {}).panels).map((rect) => rect.height)
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(5)
  }
})

test('the focused panel has the most rows on a small terminal, or all that it wants', () => {
  const { panels } = placed(80, 24, 'traffic', {})
  expect(panels.traffic?.height).toBeGreaterThanOrEqual(13)
})

test.each([
  [MIN_COLUMNS - 1, MIN_ROWS],
  [MIN_COLUMNS, MIN_ROWS - 1],
  [1, 1],
])('%i × %i is too small, and the layout says how much it needs', (columns, rows) => {
  expect(layout(columns, rows, 'cluster')).toEqual({ needed: { columns: MIN_COLUMNS, rows: MIN_ROWS } })
})

test('the check of the cells notices an overlap and a hole', () => {
  const left = { x: 0, y: 0, width: 2, height: 1 }
  expect(uncovered([left, { ...left, x: 1 }], 3, 1)).toContain('1,0 twice')
  expect(uncovered([left], 3, 1)).toContain('2,0 empty')
})

function placed(...parameters: Parameters<typeof layout>) {
  const result = layout(...parameters)
  if ('needed' in result) throw new Error('too small')
  return result
}

function uncovered(rects: readonly Rect[], columns: number, rows: number): string {
  const cells = new Map<string, number>()
  for (const rect of rects) {
    for (let x = rect.x; x < rect.x + rect.width; x++) {
      for (let y = rect.y; y < rect.y + rect.height; y++) cells.set(`${x},${y}`, (cells.get(`${x},${y}`) ?? 0) + 1)
    }
  }
  const wrong: string[] = []
  for (let x = 0; x < columns; x++) {
    for (let y = 0; y < rows; y++) if (!cells.has(`${x},${y}`)) wrong.push(`${x},${y} empty`)
  }
  for (const [cell, times] of cells) if (times > 1) wrong.push(`${cell} twice`)
  if (cells.size > columns * rows) wrong.push('beyond the screen')
  return wrong.slice(0, 5).join('; ')
}
