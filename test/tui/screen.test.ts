import xterm from '@xterm/headless'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { initialState, type State } from '../../src/model/state.ts'
import { cellWidth } from '../../src/tui/text/cells.ts'
import {
  allUnreachable,
  failedOver,
  healthy,
  leaderDead,
  node,
  quorumLost,
  shape,
  stateOf,
  type Timed,
} from './fixture.ts'
import { hasWrapped, openTerminal, type TestTerminal } from './terminal.ts'

let terminal: TestTerminal | null = null
afterEach(() => terminal?.screen.close())

function open(columns: number, rows: number, state: State, nowMs?: number): TestTerminal {
  terminal = openTerminal(columns, rows, state, nowMs)
  return terminal
}

async function seen(shown: TestTerminal, text: string | RegExp): Promise<string> {
  return vi.waitFor(async () => {
    const all = (await shown.rows()).join('\n')
    if (typeof text === 'string') expect(all).toContain(text)
    else expect(all).toMatch(text)
    return all
  })
}

const strange: Timed[] = [
  ...healthy(),
  [
    30_000,
    {
      type: 'run.started',
      startedAt: '',
      version: '',
      lab: { ...shape, nodes: ['база-данных-с-очень-длинным-именем', 'データベース', 'patroni1'] },
    },
  ],
  node('база-данных-с-очень-длинным-именем', 30_000, { state: 'ошибка\u001b[2J\nзапуска' }),
  node('データベース', 30_000, null),
  [30_000, { type: 'note', level: 'error', source: 'データ', text: `ошибка: ${'очень '.repeat(60)}` }],
]

const scenes: Record<string, { state: State; nowMs: number; words: (string | RegExp)[] }> = {
  healthy: {
    state: stateOf(healthy()),
    nowMs: 30_100,
    words: ['● HEALTHY', /can write/, 'leader patroni1', 'quorum YES', /\b200 writes\/s/],
  },
  'leader dead, key gone, outage open': {
    state: stateOf(leaderDead()),
    nowMs: 40_000,
    words: ['NO LEADER', /cannot WRITE for 10\.0 s/, /no writes for 10\.0 s…/, /195 failed/],
  },
  'failed over': {
    state: stateOf(failedOver()),
    nowMs: 44_400,
    words: [/leader patroni2/, /latest without writes 12\.9 s/],
  },
  'quorum lost': {
    state: stateOf(quorumLost()),
    nowMs: 32_000,
    words: ['NO QUORUM', 'quorum NO', '1 of 3 answer'],
  },
  'everything unreachable': {
    state: stateOf(allUnreachable()),
    nowMs: 43_000,
    words: ['NO SIGHT', /cannot WRITE/, 'unreachable for 12 s', '0 of 3 answer'],
  },
  'nothing seen yet': { state: initialState, nowMs: 200, words: ['WAITING', 'nothing seen yet', 'not probed yet'] },
  'a lab that has only begun': { state: stateOf(healthy().slice(0, 1)), nowMs: 200, words: ['hw3', 'not seen yet'] },
  'strange names and texts': { state: stateOf(strange), nowMs: 30_100, words: [/база-да/] },
}

const sizes = [
  [120, 40],
  [80, 24],
  [60, 17],
  [160, 50],
  [200, 50],
] as const

describe.each(Object.entries(scenes))('%s', (_, { state, nowMs, words }) => {
  test.each(sizes)('fits %i × %i, every frame closed, with the words that matter', async (columns, rows) => {
    const shown = open(columns, rows, state, nowMs)
    const all = columns >= 80 ? await seen(shown, words[0] ?? '') : await seen(shown, '1 Cluster')
    expect(shown.hasWrapped()).toBe(false)
    expect(brokenFrames(all.split('\n'), columns)).toEqual([])
    expect(all.split('\n').at(-1)).toContain('q quit')
    if (columns >= 80) for (const word of words) expect(all).toMatch(word)
  })

  test('every panel alone on the screen fits as well', async () => {
    const shown = open(100, 30, state, nowMs)
    for (const [number, title] of [
      'Cluster',
      'etcd',
      'HAProxy',
      'Containers',
      'Traffic',
      'Failovers',
      'Events',
    ].entries()) {
      shown.type(`${number + 1}\r`)
      const all = await seen(shown, new RegExp(`╭─ ${number + 1} ${title}[^\n]*╮\n(│[^\n]*│\n){25}╰`))
      expect(brokenFrames(all.split('\n'), 100)).toEqual([])
      expect(shown.hasWrapped()).toBe(false)
      shown.type('\u001b')
      await seen(shown, '7 Events')
    }
  })
})

describe('in sight at 120 × 40', () => {
  test('the dead leader: its row, the contradictions, the missing key, where writes go, the outage in the chart', async () => {
    const all = await seen(open(120, 40, stateOf(leaderDead()), 40_000), 'NO LEADER KEY for 2.0 s')
    for (const text of [
      /✗ patroni1 .* unreachable for 8 s/,
      'writes → nobody',
      'kill patroni1 ▲',
      /10\.0 s… █+/,
      '✗ exited 137',
      'ECONNREFUSED 195, 57P01 3',
      '/cluster still says leader, running',
    ]) {
      expect(all).toMatch(text)
    }
  })

  test('the failover that came of it', async () => {
    const all = await seen(
      open(120, 40, stateOf(failedOver()), 44_400),
      /patroni1 → patroni2 +12\.9 s +3\.5 s +\+400 ms/,
    )
    expect(all).toContain('● patroni2')
  })

  test('a panel that cannot be drawn says so, and the others go on', async () => {
    const broken = { ...stateOf(healthy()), haproxy: { ...stateOf(healthy()).haproxy, value: { listeners: null } } }
    const all = await seen(open(120, 40, broken as unknown as State, 30_100), 'cannot be shown')
    expect(all).toContain('quorum YES')
    expect(all).toContain('this line cannot be shown')
  })
})

describe('time passes', () => {
  test('a frozen source is seen to age although no event comes', async () => {
    const shown = open(120, 40, stateOf(healthy()), 30_100)
    await seen(shown, 'HEALTHY')
    shown.setNow(42_000)
    await seen(shown, /\? patroni2 .* no news for 12 s/)
    shown.setNow(43_000)
    await seen(shown, /\? patroni2 .* no news for 13 s/)
  })

  test('the lease counts down between two readings', async () => {
    const shown = open(120, 40, stateOf(healthy()), 30_000)
    await seen(shown, '18.0 s of 20 s')
    shown.setNow(31_500)
    await seen(shown, '16.5 s of 20 s')
  })

  test('a moment in which nothing in sight changes writes nothing', async () => {
    const shown = open(120, 40, stateOf(healthy()), 30_100)
    await seen(shown, 'HEALTHY')
    await shown.rows()
    const before = shown.written().length
    shown.setNow(30_105)
    shown.show({ ...stateOf(healthy()), atMs: 30_105 })
    await seen(shown, 'HEALTHY')
    expect(shown.written().length).toBe(before)
  })

  test('a change rewrites the rows that it touches and does not clear the screen', async () => {
    const shown = open(120, 40, stateOf(healthy()), 30_000)
    await seen(shown, '18.0 s of 20 s')
    const before = shown.written().length
    shown.setNow(30_600)
    await seen(shown, '17.4 s of 20 s')
    const change = shown.written().slice(before)
    expect(change.length).toBeLessThan(1_500)
    for (const clearing of ['J', '0J', '2J', '3J']) expect(change).not.toContain(`\u001b[${clearing}`)
  })
})

describe('the question before a dangerous command', () => {
  test('says what would remain and the command, takes no other key, and n leaves it', async () => {
    const shown = open(80, 24, stateOf(healthy()), 30_100)
    shown.type('4')
    await seen(shown, /▸ etcd1/)
    shown.type('jjjjK')
    const all = await seen(shown, 'kill patroni1?')
    expect(all).toContain('docker kill hw3_patroni1_1')
    expect(all).toContain('•')
    expect(shown.hasWrapped()).toBe(false)
    shown.type('q7')
    shown.type('n')
    await vi.waitFor(async () => expect((await shown.rows()).join('\n')).not.toContain('kill patroni1?'))
    expect(shown.asked).toEqual([])
  })

  test.each(['y', '\r'])('%j does it', async (yes) => {
    const shown = open(120, 40, stateOf(healthy()), 30_100)
    shown.type('jK')
    await seen(shown, 'kill patroni2?')
    shown.type(yes)
    await vi.waitFor(() => expect(shown.asked).toEqual([['kill', 'patroni2']]))
  })
})

test('the filter narrows the events while it is typed, stays with enter and goes with esc', async () => {
  const shown = open(80, 24, stateOf(leaderDead()), 40_000)
  await seen(shown, 'NO LEADER')
  shown.type('/')
  await seen(shown, 'filter /')
  shown.type('leader')
  shown.type(' key')
  const typed = await seen(shown, 'filter /leader key')
  expect(typed).toMatch(/“leader key” \d+ of \d+/)
  expect(typed).not.toContain('docker kill')
  shown.type('\r')
  const kept = await seen(shown, /\? help/)
  expect(kept).toMatch(/“leader key” \d+ of \d+/)
  shown.type('\u001b')
  await vi.waitFor(async () => expect((await shown.rows()).join('\n')).not.toContain('“leader key”'))
})

test('traffic keys reach the lab, several in one event too', async () => {
  const shown = open(80, 24, stateOf(healthy()), 30_100)
  shown.type('5')
  shown.type('++] ')
  await vi.waitFor(() =>
    expect(shown.asked).toEqual([
      { writesPerSecond: 250 },
      { writesPerSecond: 313 },
      { readsPerSecond: 500 },
      { isOn: false },
    ]),
  )
})

test.each(sizes)('the help fits %i × %i', async (columns, rows) => {
  const shown = open(columns, rows, stateOf(healthy()), 30_100)
  shown.type('?')
  const all = await seen(shown, 'any key closes this')
  expect(shown.hasWrapped()).toBe(false)
  if (columns >= 80)
    for (const word of ['signs', 'erase a character', 'stop the container', 'quit']) expect(all).toMatch(word)
  shown.type('x')
  await vi.waitFor(async () => expect((await shown.rows()).join('\n')).not.toContain('any key closes'))
})

test('a terminal that is too small is told how much room is needed', async () => {
  await seen(open(40, 10, stateOf(healthy())), /needs 60 × 17[^\n]*\n.*40 × 10/)
})

describe('leaving', () => {
  test.each(['q', '\u0003'])('%j quits and gives the terminal back', async (keys) => {
    const shown = open(120, 40, stateOf(healthy()), 30_100)
    await seen(shown, 'HEALTHY')
    expect(shown.isAlternate()).toBe(true)
    shown.type(keys)
    await shown.screen.waitUntilExit()
    await shown.rows()
    expect(shown.asked).toEqual(['quit'])
    expect(shown.isAlternate()).toBe(false)
    expect(shown.written().lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.written().lastIndexOf('\u001b[?25l'))
  })

  test('so does close, and a second close does no harm', async () => {
    const shown = open(120, 40, stateOf(healthy()), 30_100)
    await seen(shown, 'HEALTHY')
    shown.screen.close()
    shown.screen.close()
    await shown.screen.waitUntilExit()
    await shown.rows()
    expect(shown.isAlternate()).toBe(false)
  })
})

describe('the checks of these tests', () => {
  test('see a row that runs over its end', async () => {
    const small = new xterm.Terminal({ cols: 10, rows: 3, allowProposedApi: true })
    await new Promise<void>((resolve) => small.write('more than ten cells', resolve))
    expect(hasWrapped(small)).toBe(true)
  })

  test('see a frame that is open at its side', () => {
    expect(brokenFrames(['╭──╮', '│ x', '╰──╯'], 4)).not.toEqual([])
    expect(brokenFrames(['╭──╮', '│ x│', '╰──╯'], 4)).toEqual([])
  })
})

/** Rows of panels whose frame does not end at the last column. */
function brokenFrames(rows: readonly string[], columns: number): string[] {
  return rows.filter((row) => {
    const text = row.trimEnd()
    if (cellWidth(text) > columns) return true
    return /^[╭│╰]/.test(text) && !(/[╮│╯]$/.test(text) && cellWidth(text) === columns)
  })
}
