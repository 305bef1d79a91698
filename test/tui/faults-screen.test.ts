import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import type { State } from '../patroni.ts'
import { entry, notingConsole, notingScenarios } from './consoles.ts'
import { audited, fault, healthy, leaderDead, scenario, stateOf, type Timed } from './fixture.ts'
import { fakePlayback, openTerminal, type TestTerminal } from './terminal.ts'

let terminal: TestTerminal | null = null
afterEach(() => terminal?.screen.close())

const sizes = [
  [120, 40],
  [80, 24],
  [60, 17],
  [200, 50],
] as const
const calm = stateOf(healthy())
const cut = stateOf([...fault(31_000)], calm)
const stuck: Timed = [
  32_000,
  {
    type: 'fault.stuck',
    id: 'a1',
    fault: 'isolate',
    parts: ['patroni1'],
    error: 'not done within 30 s',
    byHand: [
      `docker run --rm --network container:hw3_patroni1_1 --cap-add NET_ADMIN tools nft delete table inet ${'x'.repeat(90)}`,
    ],
  },
]

/** The screen with something to break, and what is asked of it. */
function open(
  columns: number,
  rows: number,
  state: State,
  { nowMs = 40_000, refusal = null as string | null, noticeForMs = 600_000 } = {},
) {
  const asked: unknown[] = []
  const faults = notingConsole(asked, { refusal })
  const scenarios = notingScenarios(asked, [entry('a.yaml'), entry('b.yaml', 'b.yaml:3: steps: expected a list')])
  const options = { faults: faults.console, scenarios: scenarios.scenarios, noticeForMs }
  const shown = openTerminal(columns, rows, state, nowMs, options)
  terminal = shown
  return { ...shown, asked, faults, phase: scenarios.phase, endScenario: scenarios.answer }
}

describe('what is in force', () => {
  test.each(sizes)(
    'is in sight with its parts and since when, at %i × %i, and nothing runs over',
    async (columns, rows) => {
      const shown = open(columns, rows, cut)
      const all = await shown.seen('isolate patroni1 8 s')
      expect(all.split('\n')[2]).toMatch(/FAULT .*isolate patroni1 8 s/)
      expect(shown.hasWrapped()).toBe(false)
      shown.setNow(41_000)
      await shown.seen('isolate patroni1 9 s')
    },
  )

  test('goes with the healing, and no row is left for it', async () => {
    const shown = open(120, 40, cut)
    await shown.seen('isolate patroni1 8 s')
    shown.show(stateOf([[41_000, { type: 'fault.healed', id: 'a1', fault: 'isolate', parts: ['patroni1'] }]], cut))
    await shown.until((screen) => expect(screen.split('\n')[2]).toMatch(/^╭─ 1 Cluster/))
  })

  test('is marked while it is being injected, and when it is stuck, with words', async () => {
    const shown = open(80, 24, stateOf(fault(31_000).slice(0, 1), calm))
    await shown.seen(/FAULT .*isolate patroni1 being injected 9 s/)
    shown.show(stateOf([stuck], cut))
    await shown.seen(/1 STUCK .*stuck: isolate patroni1/)
  })

  test('what a key has killed counts, until it is put back', async () => {
    const shown = open(120, 40, stateOf(leaderDead()))
    await shown.seen(/FAULT .*kill patroni1 9 s/)
    const healed: Timed = [41_000, { type: 'fault.healed', id: 'kill', fault: 'kill', parts: ['patroni1'] }]
    shown.show(stateOf([healed], stateOf(leaderDead())))
    await shown.until((screen) => expect(screen).not.toContain('FAULT'))
  })

  test('as many as fit are whole, and the rest is counted', async () => {
    const many = Array.from({ length: 9 }, (_, index): Timed[] => {
      const about = { id: `b${index}`, fault: 'bandwidth', parts: [`patroni${(index % 3) + 1}`] }
      return [[31_000 + index, { type: 'fault.landed', ...about, text: '' }]]
    }).flat()
    const requested = many.map(
      ([atMs, body]): Timed => [atMs, { ...body, type: 'fault.requested', target: '', text: '' } as Timed[1]],
    )
    const shown = open(80, 24, stateOf([...requested, ...many], calm))
    const all = await shown.seen(/9 FAULTS .*bandwidth patroni1 \d s · \d more/)
    expect(all.split('\n')[2]).not.toContain('…')
  })

  test('a row that appears clears nothing of the screen', async () => {
    const shown = open(120, 40, calm)
    await shown.seen('1 Cluster')
    const before = shown.written().length
    shown.show(cut)
    await shown.seen('isolate patroni1')
    for (const clearing of ['J', '0J', '2J', '3J'])
      expect(shown.written().slice(before)).not.toContain(`\u001b[${clearing}`)
  })
})

describe('injecting a fault', () => {
  test.each(sizes)('from the list to the settings, the question and the command, at %i × %i', async (columns, rows) => {
    const shown = open(columns, rows, calm, { nowMs: 30_100 })
    shown.type('f')
    const listed = await shown.seen(/target ‹ patroni1 ›/)
    expect(listed).toMatch(/▸ container +pause/)
    shown.type('j\r')
    await shown.seen(/▸ from +=/)
    shown.type('etcd')
    await shown.seen(/▸ from +=.etcd/)
    shown.type('\r')
    const asked = await shown.seen('cut patroni1 off from etcd')
    if (rows > 20) {
      expect(asked).toContain('At worst it is as if patroni1 were gone')
      expect(asked).toContain('patroni1 is the leader')
    }
    expect(asked).toContain('chaoslab inject isolate patroni1 from=etcd')
    expect(asked).toMatch(/y or enter do it/)
    expect(shown.hasWrapped()).toBe(false)
    expect(shown.asked).toEqual([])
    shown.type('y')
    await eventually(() =>
      expect(shown.asked).toEqual([{ kind: 'isolate', target: 'patroni1', settings: ['from=etcd'] }]),
    )
  })

  test('a mistake stands at its setting', async () => {
    const shown = open(80, 24, calm)
    shown.type('fj\r')
    await shown.seen(/▸ from/)
    shown.type('\u001b[Bx\r')
    const all = await shown.seen('✗ expected one of in, out, both')
    expect(all).toMatch(/▸ direction = bothx/)
    expect(all).not.toContain('do it')
  })

  test('one that is refused says why, as a whole, and the next key goes on', async () => {
    const refusal = `patroni1 has exited: it has no network that could be changed, ${'and so on '.repeat(12)}to the end`
    const shown = open(80, 24, calm, { refusal })
    shown.type('f\ry')
    await shown.seen(/pause of patroni1: patroni1 has exited/)
    await shown.seen('to the end')
    expect(shown.hasWrapped()).toBe(false)
    shown.type('2')
    await shown.until((screen) => expect(screen).not.toContain('to the end'))
  })

  test('several parts at once are asked about together', async () => {
    const shown = open(120, 40, calm)
    shown.type('f\u001b[D\u001b[D')
    await shown.seen(/target ‹ etcd › {2}now etcd1, etcd2, etcd3/)
    shown.type('\r')
    const all = await shown.seen('pause etcd1, etcd2, etcd3')
    expect(all).toMatch(/0 of 3 remain: quorum is lost/)
    expect(all.match(/quorum is lost/g)).toHaveLength(1)
  })
})

describe('healing', () => {
  test.each(sizes)('says so while it lasts, and what came of it, at %i × %i', async (columns, rows) => {
    const shown = open(columns, rows, cut)
    await shown.seen('isolate patroni1')
    shown.type('H')
    await shown.seen(/HEALING/)
    expect(shown.asked).toEqual(['heal'])
    shown.faults.answer({ isGood: true, text: 'everything is healed' })
    shown.show(stateOf([[41_000, { type: 'fault.healed', id: 'a1', fault: 'isolate', parts: ['patroni1'] }]], cut))
    const all = await shown.seen('everything is healed')
    expect(all).not.toContain('HEALING')
  })

  test('tells what came of it for some seconds, and gives the keys back by itself', async () => {
    const shown = open(120, 40, calm, { noticeForMs: 300 })
    shown.type('H')
    await shown.seen(/HEALING/)
    shown.faults.answer({ isGood: true, text: 'everything is healed' })
    await shown.seen('everything is healed')
    await shown.until((screen) => expect(screen).not.toContain('everything is healed'))
    expect((await shown.rows()).at(-1)).toMatch(/f fault .*H heal/)
  })

  test('good news comes after a state that is none, and leaves the key that heals', async () => {
    const shown = open(120, 40, stateOf(leaderDead()))
    shown.type('H')
    await shown.seen(/HEALING/)
    shown.faults.answer({ isGood: true, text: 'there is nothing left to heal' })
    const all = await shown.seen('there is nothing left to heal')
    expect(all).not.toContain('✓ there is nothing')
    expect(all.split('\n').at(-1)).toMatch(/ NO LEADER {2}there is nothing left to heal .*H heal/)
  })

  test.each(sizes)('offers what another process holds, and asks, at %i × %i', async (columns, rows) => {
    const shown = open(columns, rows, calm)
    shown.type('H')
    await shown.seen(/HEALING/)
    const others = [{ pid: 4711, texts: ['pause patroni3'] }]
    const text = 'nothing of this run is in force; process 4711 has in force: pause patroni3'
    shown.faults.answer({ isGood: false, text }, others)
    const asked = await shown.seen('heal what other processes have in force here?')
    expect(asked).toMatch(/Process 4711/)
    expect(shown.hasWrapped()).toBe(false)
    expect(shown.asked).toEqual(['heal'])
    shown.type('y')
    await shown.seen('1 healed that other processes had in force')
    expect(shown.asked).toEqual(['heal', 'heal others'])
  })

  test('what others hold is left alone when that is the answer', async () => {
    const shown = open(120, 40, calm)
    shown.type('H')
    await shown.seen(/HEALING/)
    shown.faults.answer({ isGood: false, text: 'theirs' }, [{ pid: 4711, texts: ['pause patroni3'] }])
    await shown.seen('heal what other processes have in force here?')
    shown.type('n')
    await shown.until((screen) => expect(screen).not.toContain('other processes'))
    expect(shown.asked).toEqual(['heal'])
  })

  test('what no key has asked for can be told, too', async () => {
    const shown = open(120, 40, calm)
    shown.screen.tell('ledger.bin cannot be written (ENOSPC)')
    await shown.seen('! ledger.bin cannot be written (ENOSPC)')
  })

  test.each(sizes)(
    'what is stuck lies over everything until a key, the command whole, at %i × %i',
    async (columns, rows) => {
      const shown = open(columns, rows, stateOf([stuck], cut))
      const all = await shown.seen('isolate of patroni1 could not be healed')
      expect(all).toContain('not done within 30 s')
      if (rows > 20) expect(all.replaceAll(/[^x]/g, '')).toMatch(/x{90}/)
      expect(all).toMatch(/any other key closes this/)
      expect(shown.hasWrapped()).toBe(false)
      shown.type('q')
      await shown.until((screen) => expect(screen).not.toContain('any other key closes'))
      expect(shown.asked).toEqual([])
      await shown.seen('STUCK')
    },
  )
})

describe('scenarios', () => {
  test.each(sizes)('are listed, asked about and run, at %i × %i', async (columns, rows) => {
    const shown = open(columns, rows, calm, { nowMs: 30_100 })
    shown.type('x')
    const listed = await shown.seen(/▸ +a\.yaml/)
    expect(listed).toMatch(/✗ b\.yaml/)
    shown.type('j')
    await shown.seen('expected a list')
    shown.type('\r')
    await shown.seen(/! b\.yaml:3/)
    shown.type('k\r')
    await shown.seen('run named a.yaml, once')
    shown.type('y')
    await eventually(() => expect(shown.asked).toEqual([['run', 'a.yaml']]))
    shown.phase('waiting until the cluster is healthy')
    await shown.seen(/SCENARIO .*waiting until/)
    expect(shown.hasWrapped()).toBe(false)
  })

  test.each(sizes)('its steps are in sight, what is awaited and for how long, at %i × %i', async (columns, rows) => {
    const running = stateOf(scenario(31_000), calm)
    const shown = open(columns, rows, running, { nowMs: 35_000 })
    shown.type('8')
    const all = await shown.seen(/╭─ 8 Scenario/)
    expect(all).toMatch(/✓ 1 hold 1\.00 s .*1\.0 s/)
    expect(all).toMatch(/▸ 2 wait until another node leads.* 3 s/)
    expect(all).toMatch(/· 3 heal all/)
    expect(shown.hasWrapped()).toBe(false)
  })

  test('a panel of one row tells what is awaited', async () => {
    const shown = open(72, 17, stateOf(scenario(31_000), calm), { nowMs: 35_000 })
    await shown.seen(/8 Scenario +1 of 3 done · wait until another node leads .* 3 s/)
  })

  test('at the end: the steps, the audit, and what nobody has judged', async () => {
    const ended: Timed = [40_000, { type: 'scenario.ended', name: 'leader cut off', how: 'failed' }]
    const why: Timed = [
      39_000,
      { type: 'scenario.step', path: '2', text: '', phase: 'failed', error: 'not within 60.0 s: patroni1 leads' },
    ]
    const state = stateOf([...scenario(31_000), why, ended], calm)
    const shown = open(120, 40, state)
    const all = await shown.seen('✗ a step failed after 9 s')
    expect(all).toContain('✗ not within 60.0 s: patroni1 leads')
    expect(all).toContain('judged by chaoslab run')
    expect(all).not.toContain('audit at')
    shown.show(stateOf([audited(41_000, { lost: 3 }, 'fail')], state))
    await shown.seen(/audit at 0:40: fail: Because/)
  })

  test('X asks before one is stopped', async () => {
    const shown = open(80, 24, stateOf(scenario(31_000), calm), { nowMs: 35_000 })
    shown.type('X')
    await shown.seen('stop leader cut off?')
    expect(shown.asked).toEqual([])
    shown.type('y')
    await eventually(() => expect(shown.asked).toEqual(['stop']))
  })
})

describe('a recording', () => {
  test('shows the faults and the scenario, and none of the keys does anything', async () => {
    const state = stateOf([...scenario(31_000), ...fault(32_000), stuck], calm)
    const asked: unknown[] = []
    const shown = openTerminal(120, 40, state, 35_000, {
      replay: fakePlayback(asked, 54_000),
      faults: notingConsole(asked).console,
    })
    terminal = shown
    const all = await shown.seen(/1 STUCK .*isolate patroni1/)
    expect(all).toContain('▸ 2 wait until another node leads')
    expect(all).not.toMatch(/could not be healed\b.*│\n.*by hand|H heals/)
    shown.type('fHxX')
    await shown.seen('nothing can be done')
    expect((await shown.rows()).join('\n')).not.toMatch(/inject a fault|HEALING|run a scenario/)
    expect(asked).toEqual([])
  })
})
