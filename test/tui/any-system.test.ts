import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { line, span, textOf } from '../../src/draw/line.ts'
import { type Panel, selectedIndex } from '../../src/draw/panel.ts'
import { table } from '../../src/draw/table.ts'
import type { LabEvent } from '../../src/model/events.ts'
import { initialState, reduce, type State } from '../../src/systems/state.ts'
import type { System } from '../../src/systems/system.ts'
import { systems } from '../../src/systems/systems.ts'
import { topLine } from '../../src/tui/bars.ts'
import { panelsOf } from '../../src/tui/panels/panels.ts'
import { overall } from '../../src/tui/words/overall.ts'
import { eventually } from '../eventually.ts'
import { console as consoleOfTests } from './consoles.ts'
import { container, postgres, probe, type Timed } from './fixture.ts'
import { brokenFrames, openTerminal, type TestTerminal } from './terminal.ts'

const servers = ['one', 'two']

const serversPanel: Panel = {
  id: 'servers',
  title: 'Servers',
  draw: (scene) => ({
    summary: line(span('two of a kind', 'dim')),
    lines: table({
      columns: [{ title: 'server', width: 9, isGrowing: true, cell: (name: string) => span(name, 'bold') }],
      rows: servers,
      width: scene.width,
      height: Math.max(1, scene.height - 1),
      selected: selectedIndex(scene, servers),
    }),
  }),
  inputs: ({ nodes }) => [nodes],
  everyMs: 500,
  rows: () => servers,
  rowsAre: 'parts',
  size: () => ({ least: 5, wanted: 6 }),
  rank: 10,
}

const switchPanel: Panel = {
  id: 'switch',
  title: 'Switch',
  draw: () => ({ summary: line('it has not switched'), lines: [line(' everybody is led to one')] }),
  inputs: ({ nodes }) => [nodes],
  everyMs: 500,
  size: () => ({ least: 5, wanted: 5 }),
}

const containerOf = { one: 'box_one', two: 'box_two', switch: 'box_switch' }

/** All that the screen asks of a system, and the least that a run asks of it. */
const plain = {
  type: 'duo',
  panels: [serversPanel, switchPanel],
  reduce: (_before, _event, core) => core,
  appointed: () => null,
  isUrgent: () => false,
  describe: () => [],
  problems: ({ nodes }) => (nodes.two?.postgres.unreachableSinceMs ? ['two: does not copy'] : []),
  roles: [],
  primaries: ({ nodes }) => servers.filter((name) => nodes[name]?.postgres.value?.isInRecovery === false),
  whatRemains: () => ['nobody else holds the rows'],
} satisfies Partial<System>

const told: Partial<System> = {
  ...plain,
  type: 'duo with a word of its own',
  standing: (state) => ({
    leader: { title: 'primary', names: plain.primaries(state), isConfirmed: true },
    alarm: { word: 'SWITCHED BLINDLY', why: 'one still answers' },
    awaited: null,
  }),
}

const list = systems as System[]
list.push(plain as unknown as System, told as unknown as System)
afterAll(() => {
  list.splice(-2)
})

function duo(more: readonly Timed[] = [], system = plain.type): State {
  const lab = { name: 'duo', system, nodes: servers, containerOf }
  const events: Timed[] = [
    [0, { type: 'run.started', startedAt: '2025-11-20T12:00:00.000Z', version: '0.1.0', lab }],
    [0, { type: 'traffic.set', isOn: true, writesPerSecond: 10, readsPerSecond: 0 }],
    [0, { type: 'docker.engine', reading: { ok: true, value: { version: '20.10' } } }],
    ...Object.values(containerOf).map((service) => container(0, service, 'running')),
    postgres('one', 30_000, false),
    postgres('two', 30_000, true),
    probe(30_000, 'write', 'ok', 'one'),
    ...more,
  ]
  return events.reduce(
    (state, [atMs, body], index) => reduce(state, { seq: index + 1, atMs, ...body } as LabEvent),
    initialState,
  )
}

let terminal: TestTerminal | null = null
afterEach(() => terminal?.screen.close())

describe('a system with two panels of its own and nothing like Patroni’s', () => {
  test.each([
    [120, 40],
    [80, 24],
    [60, 17],
    [160, 50],
    [200, 50],
  ])('is drawn whole at %i × %i', async (columns, rows) => {
    terminal = openTerminal(columns, rows, duo(), 30_100)
    const all = await terminal.seen('1 Servers')
    for (const title of ['2 Switch', '3 Containers', '4 Traffic', '5 Failovers', '6 Events']) expect(all).toMatch(title)
    expect(all).not.toMatch(/etcd|haproxy|patroni|leader key/i)
    expect(terminal.hasWrapped()).toBe(false)
    expect(brokenFrames(all.split('\n'), columns)).toEqual([])
    expect(all.split('\n')[0]).toMatch(columns < 80 ? /duo .*HEALTHY/ : /duo .*HEALTHY +leader one/)
  })

  test('its panels have the first numbers, and the general ones those after them', () => {
    expect(panelsOf(duo()).map(({ title }) => title)).toEqual([
      'Servers',
      'Switch',
      'Containers',
      'Traffic',
      'Failovers',
      'Events',
      'Scenario',
    ])
  })

  test('keys reach its rows: the cursor moves, and what is done is done to the part below it', async () => {
    const asked: unknown[] = []
    const faults = {
      ...consoleOfTests,
      aims: () => servers.map((name) => ({ target: name, parts: [{ name, kind: 'node', service: name }] as const })),
      inject: async (order: unknown) => {
        asked.push(order)
        return null
      },
    }
    terminal = openTerminal(120, 40, duo(), 30_100, { faults })
    terminal.type('j')
    await terminal.seen(/▸ two/)
    terminal.type('K')
    expect(await terminal.seen(/kill two\?/)).toContain('chaoslab inject kill two')
    terminal.type('y')
    await eventually(() => expect(asked).toEqual([{ kind: 'kill', target: 'two', settings: [] }]))
  })

  test('numbers and tab go to its panels; one without rows has no keys of containers', async () => {
    terminal = openTerminal(120, 40, duo(), 30_100)
    await terminal.seen(/s stop +t start/)
    terminal.type('2\r')
    const all = await terminal.seen(/1-7 panel/)
    expect(all).toMatch(/2 Switch.*it has not switched/)
    expect(all.split('\n').at(-1)).not.toContain('stop')
    terminal.type('\u001b')
    terminal.type('\t\r')
    await terminal.seen(/3 Containers(.|\n)*box_switch/)
  })
})

describe('a lab of two such systems', () => {
  const lab = { name: 'duo', system: plain.type, nodes: servers, containerOf }
  const both = { name: 'both', nodes: [], containerOf: {}, instances: { a: lab, b: lab } }
  const state = reduce(initialState, { seq: 1, atMs: 0, type: 'run.started', startedAt: '', version: '', lab: both })

  test('has the panels of both, which stay the same values from moment to moment, so that nothing is drawn for nothing', () => {
    const titles = panelsOf(state).map(({ title }) => title)
    expect(titles.slice(0, 5)).toEqual(['a Servers', 'a Switch', 'b Servers', 'b Switch', 'Containers'])
    const later = reduce(state, { seq: 2, atMs: 100, type: 'note', level: 'info', source: 'lab', text: 'later' })
    for (const [index, panel] of panelsOf(later).entries()) expect(panel).toBe(panelsOf(state)[index])
  })

  test.each([
    [120, 40],
    [80, 24],
    [60, 17],
  ])('is drawn whole at %i × %i', async (columns, rows) => {
    terminal = openTerminal(columns, rows, state, 200)
    const all = await terminal.seen('1 a Servers')
    expect(terminal.hasWrapped()).toBe(false)
    expect(brokenFrames(all.split('\n'), columns)).toEqual([])
  })
})

describe('the top line', () => {
  const overallOf = (state: State, nowMs = 30_100) => overall(state, nowMs)
  const refused = { ok: false, error: 'connect ECONNREFUSED' } as const

  test('says a system’s own words, when it has some', () => {
    const text = textOf(topLine(duo([], told.type), 30_100, 120))
    expect(text).toMatch(/SWITCHED BLINDLY {3}primary one {2}one still answers/)
  })

  test.each<[string, readonly Timed[], string]>([
    ['all is well', [], 'HEALTHY'],
    [
      'something keeps it from being whole',
      [[30_050, { type: 'postgres.node', node: 'two', reading: refused }]],
      'DEGRADED',
    ],
    ['two take writes', [postgres('two', 30_050, false)], 'TWO PRIMARIES'],
    ['none takes writes', [postgres('one', 30_050, true)], 'NO LEADER'],
    [
      'the one that took writes does not answer',
      [[30_050, { type: 'postgres.node', node: 'one', reading: refused }]],
      'LEADER GONE?',
    ],
    [
      'nobody answers',
      servers.map((node): Timed => [30_050, { type: 'postgres.node', node, reading: refused }]),
      'NO SIGHT',
    ],
    ['only clients cannot write', [probe(30_500, 'write', 'failed')], 'OUTAGE'],
  ])('of a system without any, when %s', (_, more, word) => {
    expect(overallOf(duo(more), 30_600).word).toBe(word)
  })

  test('waits for servers that have not been seen, rather than calling anything an alarm', () => {
    const lab = { name: 'duo', system: plain.type, nodes: servers, containerOf }
    const first = reduce(initialState, { seq: 1, atMs: 0, type: 'run.started', startedAt: '', version: '', lab })
    expect(overallOf(first, 100)).toMatchObject({ word: 'WAITING', why: 'nothing seen yet' })
    const [atMs, body] = postgres('two', 200, true)
    expect(overallOf(reduce(first, { seq: 2, atMs, ...body } as LabEvent), 300)).toMatchObject({
      word: 'WAITING',
      why: 'for one',
    })
  })
})
