import xterm from '@xterm/headless'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { initialState, type State } from '../patroni.ts'
import { notingConsole } from './consoles.ts'
import {
  allUnreachable,
  audited,
  etcd,
  failedOver,
  haproxy,
  healthy,
  key,
  leaderDead,
  node,
  quorumLost,
  shape,
  splitBrain,
  stateOf,
  type Timed,
} from './fixture.ts'
import { brokenFrames, fakePlayback, hasWrapped, openTerminal, type TestTerminal } from './terminal.ts'

let terminal: TestTerminal | null = null
afterEach(() => terminal?.screen.close())

function open(columns: number, rows: number, state: State, nowMs?: number): TestTerminal {
  terminal = openTerminal(columns, rows, state, nowMs)
  return terminal
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
  'split brain': {
    state: stateOf(splitBrain()),
    nowMs: 32_200,
    words: ['SPLIT BRAIN', /patroni1 and patroni2/],
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
    const all = columns >= 80 ? await shown.seen(words[0] ?? '') : await shown.seen('1 Cluster')
    expect(shown.hasWrapped()).toBe(false)
    expect(brokenFrames(all.split('\n'), columns)).toEqual([])
    expect(all.split('\n').at(-1)).toContain('q quit')
    if (columns >= 80) for (const word of words) expect(all).toMatch(word)
  })

  test('every panel alone on the screen fits as well', async () => {
    const shown = open(100, 30, state, nowMs)
    shown.type('\r')
    for (const [number, title] of [
      'Cluster',
      'etcd',
      'HAProxy',
      'Containers',
      'Traffic',
      'Failovers',
      'Events',
    ].entries()) {
      shown.type(`${number + 1}`)
      const all = await shown.seen(new RegExp(`╭─ ${number + 1} ${title}[^\n]*╮\n(│[^\n]*│\n){24,25}╰`))
      expect(brokenFrames(all.split('\n'), 100)).toEqual([])
      expect(shown.hasWrapped()).toBe(false)
    }
    shown.type('\u001b')
    await shown.seen('1 Cluster')
  })
})

describe('in sight at 120 × 40', () => {
  test('the dead leader: its row, the contradictions, the missing key, where writes go, the outage in the chart', async () => {
    const all = await open(120, 40, stateOf(leaderDead()), 40_000).seen('NO LEADER KEY for 2.0 s')
    for (const text of [
      /✗ patroni1 .* unreachable for 8 s/,
      'writes → nobody',
      'killed patroni1 ▲',
      /10\.0 s… █+/,
      '✗ exited 137',
      'ECONNREFUSED 195, 57P01 3',
      '/cluster still says leader, running',
    ]) {
      expect(all).toMatch(text)
    }
  })

  test('the failover that came of it', async () => {
    const all = await open(120, 40, stateOf(failedOver()), 44_400).seen(/key taken +█+ +3 500 ms +likely 2 s/)
    expect(all).toContain('● patroni2')
    for (const row of [/patroni1 was killed: the leader key passed/, /key expires +█+ +\d \d{3} ms ✗ ttl 20 s/]) {
      expect(all).toMatch(row)
    }
    terminal?.type('6\r')
    expect(await terminal?.seen(/patroni1 → patroni2 +12\.9 s +3\.5 s +\+400 ms/)).toContain('NOT as predicted')
  })

  test('a fault that somebody else caused is marked in the chart as well', async () => {
    const outside: Timed = [
      30_050,
      { type: 'docker.event', service: 'etcd2', action: 'pause', exitCode: null, signal: null },
    ]
    await open(120, 40, stateOf([...healthy(), outside]), 30_100).seen('paused etcd2 ▲')
  })

  test('sessions that the proxy holds to a node without the key', async () => {
    const moved = [...healthy(), key(30_500, 'patroni2', 1_020), haproxy(31_000, 'patroni1', ['patroni3'])]
    const later = stateOf([...moved, haproxy(33_000, 'patroni1', ['patroni3']), etcd('etcd1', 33_000, {})])
    await open(120, 40, later, 33_100).seen(/12 pinned to patroni1 2\.6 s/)
  })

  test('a panel that cannot be drawn says so, and the others go on', async () => {
    const whole = stateOf(healthy())
    const system = {
      ...(whole.system as State),
      proxies: { haproxy: { ...whole.proxies.haproxy, value: { listeners: null } } },
    }
    const broken = { ...whole, system }
    const all = await open(120, 40, broken as unknown as State, 30_100).seen('cannot be shown')
    expect(all).toContain('quorum YES')
    expect(all).toContain('this line cannot be shown')
  })
})

describe('what an audit tells', () => {
  const audit = (atMs: number, ...of: Parameters<typeof audited> extends [number, ...infer Rest] ? Rest : never) =>
    stateOf([...healthy(), audited(atMs, ...of)])

  test.each<[string, State, RegExp]>([
    ['none yet', stateOf(healthy()), /0 failed +lost \?/],
    ['a pass', audit(30_000), /0 lost .*0:29/],
    ['a loss', audit(30_000, { lost: 375 }, 'fail'), / 375 LOST .*0:29/],
    ['another failure', audit(30_000, { phantom: 2 }, 'fail'), /0 lost, audit FAILED/],
    ['what could not be found out', audit(30_000, {}, 'unknown'), /0 lost\? .*0:29/],
    ['nothing read', audit(30_000, null, 'unknown'), /lost \? .*0:29/],
  ])('%s is in the top lines at every size', async (_, state, words) => {
    for (const [columns, rows] of [
      [120, 40],
      [80, 24],
      [60, 17],
    ] as const) {
      const all = await open(columns, rows, state, 30_100).seen(columns >= 80 ? words : /lost|LOST/)
      if (columns >= 80) expect(all.split('\n')[1]).toMatch(words)
      expect(all.split('\n')[1]).toMatch(/400/)
      terminal?.screen.close()
    }
  })

  test('a asks for one, and a line says so until its verdict is there', async () => {
    const shown = open(120, 40, stateOf(healthy()), 30_100)
    await shown.seen('lost ? (a audits)')
    shown.type('a')
    await shown.seen('auditing… 0 s')
    shown.setNow(33_100)
    await shown.seen('auditing… 3 s')
    shown.type('a')
    await shown.seen('! an audit is under way')
    expect(shown.asked).toEqual(['audit'])
    shown.show(stateOf([audited(33_200)], stateOf(healthy())))
    expect(await shown.seen('0 lost')).toContain('pass: 590 acknowledged, 0 lost')
  })

  test('where nobody can audit, a says so', async () => {
    terminal = openTerminal(120, 40, stateOf(healthy()), 30_100, { canAudit: false })
    await terminal.seen('HEALTHY')
    terminal.type('a')
    expect(await terminal.seen('! nobody can audit this run')).not.toContain('auditing')
  })
})

describe('a recording', () => {
  function openReplay(columns: number, rows: number, state: State, nowMs: number): TestTerminal {
    const asked: unknown[] = []
    const shown = openTerminal(columns, rows, state, nowMs, { replay: fakePlayback(asked, 54_000) })
    terminal = { ...shown, asked }
    return terminal
  }

  test.each(sizes)('says that it is one, where it is and whether it is paused, at %i × %i', async (columns, rows) => {
    const shown = openReplay(columns, rows, stateOf(healthy()), 30_100)
    await shown.seen(/REPLAY .*0:30 of 0:54 +playing/)
    shown.type(' ')
    const all = await shown.seen(/REPLAY .*0:30 of 0:54 +PAUSED/)
    expect(all).not.toMatch(/stop|kill|a audit/)
    expect(shown.hasWrapped()).toBe(false)
    expect(shown.asked).toEqual(['paused'])
  })

  test('keys move in it from the present moment on', async () => {
    const shown = openReplay(120, 40, stateOf(healthy()), 30_100)
    shown.type(',.<>0')
    const jumps = [20_100, 40_100, -29_900, 90_100, 0].map((toMs) => ['seek', toMs])
    await eventually(() => expect(shown.asked).toEqual(jumps))
  })

  test('after a jump back the screen is that of the earlier moment at once', async () => {
    const shown = openReplay(120, 40, stateOf(failedOver()), 44_400)
    await shown.seen('leader patroni2')
    shown.show(stateOf(healthy()))
    shown.setNow(30_100)
    const all = await shown.seen(/0:30 of 0:54/)
    expect(all).toContain('no change of leader and no outage so far')
    expect(all).toContain('leader patroni1')
    expect(all).not.toContain('0:41')
  })

  test('the help has its keys, and none that act', async () => {
    const shown = openReplay(80, 24, stateOf(healthy()), 30_100)
    shown.type('?')
    const all = await shown.seen('ten seconds back')
    expect(all).not.toMatch(/stop the container|traffic on or off|audit/)
  })
})

describe('time passes', () => {
  test('a frozen source is seen to age although no event comes', async () => {
    const shown = open(120, 40, stateOf(healthy()), 30_100)
    await shown.seen('HEALTHY')
    shown.setNow(42_000)
    await shown.seen(/\? patroni2 .* no news for 12 s/)
    shown.setNow(43_000)
    await shown.seen(/\? patroni2 .* no news for 13 s/)
  })

  test('the lease counts down between two readings', async () => {
    const shown = open(120, 40, stateOf(healthy()), 30_000)
    await shown.seen('18.0 s of 20 s')
    shown.setNow(31_500)
    await shown.seen('16.5 s of 20 s')
  })

  test('a moment in which nothing in sight changes writes nothing', async () => {
    // The lease is shown to the tenth of a second, and rounded down.
    const shown = open(120, 40, stateOf(healthy()), 30_110)
    await shown.seen('17.8 s of 20 s')
    const before = shown.written().length
    shown.setNow(30_115)
    shown.show({ ...stateOf(healthy()), atMs: 30_115 })
    // Nothing can be awaited of what does not happen: the time of several frames.
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(shown.written().slice(before)).toBe('')
  })

  test('a change rewrites the rows that it touches and does not clear the screen', async () => {
    const shown = open(120, 40, stateOf(healthy()), 30_000)
    await shown.seen('18.0 s of 20 s')
    const before = shown.written().length
    shown.setNow(31_100)
    await shown.seen('16.9 s of 20 s')
    const change = shown.written().slice(before)
    expect(change.length).toBeLessThan(1_500)
    for (const clearing of ['J', '0J', '2J', '3J']) expect(change).not.toContain(`\u001b[${clearing}`)
  })
})

describe('the question before a dangerous command', () => {
  function openKeys(columns: number, rows: number): TestTerminal {
    const asked: unknown[] = []
    const { console: faults } = notingConsole(asked)
    terminal = { ...openTerminal(columns, rows, stateOf(healthy()), 30_100, { faults }), asked }
    return terminal
  }

  test('says what would remain and the command, takes no other key, and n leaves it', async () => {
    const shown = openKeys(80, 24)
    shown.type('4')
    await shown.seen(/▸ etcd1/)
    shown.type('jjjjK')
    const all = await shown.seen('kill patroni1?')
    expect(all).toContain('chaoslab inject kill patroni1')
    expect(all).toContain('•')
    expect(shown.hasWrapped()).toBe(false)
    shown.type('q7')
    shown.type('n')
    await shown.until((screen) => expect(screen).not.toContain('kill patroni1?'))
    expect(shown.asked).toEqual([])
  })

  test.each(['y', '\r'])('%j does it', async (yes) => {
    const shown = openKeys(120, 40)
    shown.type('jK')
    await shown.seen('kill patroni2?')
    shown.type(yes)
    await eventually(() => expect(shown.asked).toEqual([{ kind: 'kill', target: 'patroni2', settings: [] }]))
  })
})

test('the filter narrows the events while it is typed, stays with enter and goes with esc', async () => {
  const shown = open(80, 24, stateOf(leaderDead()), 40_000)
  await shown.seen('NO LEADER')
  shown.type('/')
  await shown.seen('filter /')
  shown.type('leader')
  shown.type(' key')
  const typed = await shown.seen('filter /leader key')
  expect(typed).toMatch(/“leader key” \d+ of \d+/)
  expect(typed).not.toContain('docker kill')
  shown.type('\r')
  const kept = await shown.seen(/\? help/)
  expect(kept).toMatch(/“leader key” \d+ of \d+/)
  shown.type('\u001b')
  await shown.until((screen) => expect(screen).not.toContain('“leader key”'))
})

test('traffic keys reach the lab, several in one event too', async () => {
  const shown = open(80, 24, stateOf(healthy()), 30_100)
  shown.type('5')
  shown.type('++] ')
  await eventually(() =>
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
  const all = await shown.seen('any key closes this')
  expect(shown.hasWrapped()).toBe(false)
  if (columns >= 80)
    for (const word of ['signs', 'erase a character', 'stop the container', 'quit']) expect(all).toMatch(word)
  shown.type('x')
  await shown.until((screen) => expect(screen).not.toContain('any key closes'))
})

test('the title says why in more than its first letters, or not at all', async () => {
  for (const columns of [70, 74, 78, 80, 84, 88]) {
    const [title = ''] = (await open(columns, 24, stateOf(leaderDead()), 33_000).seen(/leader/)).split('\n')
    expect(title).not.toMatch(/ {2}.{1,8}… /)
    terminal?.screen.close()
  }
})

test('a terminal that is too small is told how much room is needed', async () => {
  await open(40, 10, stateOf(healthy())).seen(/needs 60 × 17[^\n]*\n.*40 × 10/)
})

describe('leaving', () => {
  test.each(['q', '\u0003'])('%j quits and gives the terminal back', async (keys) => {
    const shown = open(120, 40, stateOf(healthy()), 30_100)
    await shown.seen('HEALTHY')
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
    await shown.seen('HEALTHY')
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
