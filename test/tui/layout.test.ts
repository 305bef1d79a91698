import { describe, expect, test } from 'vitest'
import type { Panel } from '../../src/draw/panel.ts'
import { layout, MIN_COLUMNS, MIN_ROWS, type Rect } from '../../src/tui/layout.ts'
import { generalPanels, type Sized, shownPanels } from '../../src/tui/panels/panels.ts'
import type { State } from '../patroni.ts'
import { failedOver, healthy, scenario, shape, stateOf } from './fixture.ts'

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

const labs = [stateOf(healthy()), labOf(9, 7, 30), labOf(1, 1, 3), stateOf(scenario(45_000), stateOf(failedOver()))]
const usual = shownPanels(stateOf(healthy()))
const withScenario = shownPanels(stateOf(scenario(45_000), stateOf(failedOver())))
/** The panels of a system that brings one of its own, and of one that brings five. */
const few = [own('rows'), ...usual.filter(isGeneral)]
const many = [...['a', 'b', 'c', 'd', 'e'].map(own), ...withScenario.filter(isGeneral)]

describe.each(sizes)('at %i × %i', (columns, rows) => {
  test('every cell belongs to exactly one rectangle, whatever has the focus and however long the lists are', () => {
    for (const shown of [...labs.map(shownPanels), few, many]) {
      for (const focus of shown.map(idOf)) {
        for (const isEnlarged of [false, true]) {
          const given = { panels: shown, focus, isEnlarged, hasStrip: isEnlarged }
          const { panels } = placed(columns, rows, given)
          const top = { x: 0, y: 0, width: columns, height: isEnlarged ? 3 : 2 }
          const bottom = { x: 0, y: rows - 1, width: columns, height: 1 }
          expect(uncovered([top, bottom, ...Object.values(panels)], columns, rows), focus).toBe('')
        }
      }
    }
  })

  test('all panels are there, and the focused one has a frame, with a scenario and a row of faults as well', () => {
    for (const [shown, hasStrip] of [
      [usual, false],
      [few, false],
      [withScenario, true],
      [many, true],
    ] as const) {
      for (const focus of shown.map(idOf)) {
        const given = { panels: shown, focus, hasStrip }
        const { panels } = placed(columns, rows, given)
        if (columns >= 112 || rows >= shown.length + 8)
          expect(Object.keys(panels).sort()).toEqual(shown.map(idOf).sort())
        expect(panels[focus]?.height, focus).toBeGreaterThanOrEqual(5)
        expect(Math.min(...Object.values(panels).map(({ y }) => y))).toBe(hasStrip ? 3 : 2)
      }
    }
  })

  test('no panel has a height between one row and a frame', () => {
    for (const shown of [usual, few]) {
      for (const focus of shown.map(idOf)) {
        const heights = Object.values(placed(columns, rows, { panels: shown, focus }).panels).map((rect) => rect.height)
        expect(
          heights.filter((height) => height === 2 || height === 3),
          focus,
        ).toEqual([])
      }
    }
  })
})

test('a big enough terminal shows every panel in a frame whatever has the focus', () => {
  for (const shown of [usual, few]) {
    for (const focus of shown.map(idOf)) {
      const heights = Object.values(placed(120, 40, { panels: shown, focus }).panels).map((rect) => rect.height)
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(5)
    }
  }
})

test('the focused panel has the most rows on a small terminal, or all that it wants', () => {
  const { panels } = placed(80, 24, { panels: usual, focus: 'traffic' })
  expect(panels.traffic?.height).toBeGreaterThanOrEqual(13)
})

describe('where the panels of the Patroni lab stand', () => {
  test('one above the other, by number, where the terminal is narrow', () => {
    expect(rectsOf(80, 24, 'cluster')).toEqual({
      cluster: [0, 2, 80, 10],
      etcd: [0, 12, 80, 1],
      haproxy: [0, 13, 80, 1],
      containers: [0, 14, 80, 1],
      traffic: [0, 15, 80, 1],
      failovers: [0, 16, 80, 1],
      events: [0, 17, 80, 6],
    })
  })

  test('the parts on the left, what clients get and what happened on the right, where there is room for two columns', () => {
    expect(rectsOf(120, 40, 'cluster')).toEqual({
      cluster: [0, 2, 60, 10],
      etcd: [0, 12, 60, 7],
      haproxy: [0, 19, 60, 6],
      containers: [0, 25, 60, 14],
      traffic: [60, 2, 60, 16],
      failovers: [60, 18, 60, 5],
      events: [60, 23, 60, 16],
    })
  })

  test('in three columns, the containers above what happened', () => {
    expect(rectsOf(200, 50, 'cluster')).toEqual({
      cluster: [0, 2, 66, 34],
      etcd: [0, 36, 66, 7],
      haproxy: [0, 43, 66, 6],
      traffic: [66, 2, 67, 22],
      failovers: [66, 24, 67, 25],
      containers: [133, 2, 67, 11],
      events: [133, 13, 67, 36],
    })
  })
})

test('the containers stay below the parts where a system has few panels of its own', () => {
  const { panels } = placed(200, 50, { panels: few, focus: 'rows' })
  expect(panels.containers).toMatchObject({ x: 0, width: 66 })
  expect(panels.events).toMatchObject({ x: 133, y: 2, height: 47 })
})

test.each([
  [MIN_COLUMNS - 1, MIN_ROWS],
  [MIN_COLUMNS, MIN_ROWS - 1],
  [1, 1],
])('%i × %i is too small, and the layout says how much it needs', (columns, rows) => {
  expect(layout(columns, rows, { panels: usual, focus: 'cluster' })).toEqual({
    needed: { columns: MIN_COLUMNS, rows: MIN_ROWS },
  })
})

test('where there are more panels than rows the least urgent are left out, and never the focused one', () => {
  const { panels } = placed(80, 17, { panels: many, focus: 'b', hasStrip: true })
  expect(many.map(idOf).filter((id) => panels[id] === undefined)).toEqual(['failovers'])
  const gone = placed(80, 17, { panels: many, focus: 'failovers', hasStrip: true })
  expect(many.map(idOf).filter((id) => gone.panels[id] === undefined)).toEqual(['containers'])
  expect(gone.panels.failovers?.height).toBe(5)
})

test('the check of the cells notices an overlap and a hole', () => {
  const left = { x: 0, y: 0, width: 2, height: 1 }
  expect(uncovered([left, { ...left, x: 1 }], 3, 1)).toContain('1,0 twice')
  expect(uncovered([left], 3, 1)).toContain('2,0 empty')
})

function rectsOf(columns: number, rows: number, focus: string) {
  const { panels } = placed(columns, rows, { panels: usual, focus })
  return Object.fromEntries(Object.entries(panels).map(([id, { x, y, width, height }]) => [id, [x, y, width, height]]))
}

function idOf({ panel }: Sized): string {
  return panel.id
}

function isGeneral({ panel }: Sized): boolean {
  return generalPanels.includes(panel)
}

/** A panel that says nothing about where it stands. */
function own(id: string): Sized {
  const size = { least: 6, wanted: 10 }
  const panel: Panel = {
    id,
    title: id,
    draw: () => ({ summary: [], lines: [] }),
    inputs: () => [],
    everyMs: 500,
    size: () => size,
  }
  return { panel, size }
}

function labOf(nodes: number, etcdMembers: number, containers: number): State {
  const names = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind}${index + 1}`)
  const lab = {
    ...shape,
    nodes: names('node', nodes),
    etcdMembers: names('etcd', etcdMembers),
    containerOf: Object.fromEntries(names('part', containers - 1).map((name) => [name, name])),
  }
  return stateOf([[0, { type: 'run.started', startedAt: '', version: '', lab }]])
}

function placed(...parameters: Parameters<typeof layout>) {
  const result = layout(...parameters)
  if ('needed' in result) throw new Error('too small')
  return result
}

function uncovered(rects: readonly Rect[], columns: number, rows: number): string {
  const cells = new Uint8Array(columns * rows)
  const wrong: string[] = []
  for (const { x: left, y: top, width, height } of rects) {
    if (left < 0 || top < 0 || left + width > columns || top + height > rows) wrong.push('beyond the screen')
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++)
        if (++(cells[y * columns + x] as number) > 1) wrong.push(`${x},${y} twice`)
    }
  }
  cells.forEach((times, at) => {
    if (times === 0) wrong.push(`${at % columns},${Math.floor(at / columns)} empty`)
  })
  return wrong.slice(0, 5).join('; ')
}
