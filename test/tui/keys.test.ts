import { describe, expect, test } from 'vitest'
import { commandOf, isOfMode, keysFor, keyTable } from '../../src/tui/keys.ts'
import { auditingSinceMs, nextRate } from '../../src/tui/on-lab.ts'
import { failoversPanel } from '../../src/tui/panels/failovers.ts'
import { panelsOf, shownPanels } from '../../src/tui/panels/panels.ts'
import { trafficPanel } from '../../src/tui/panels/traffic.ts'
import { menuRows } from '../../src/tui/picking.ts'
import { paste, press, unreadStuck } from '../../src/tui/ui.ts'
import { type Effect, initialUi, type Ui } from '../../src/tui/ui-state.ts'
import { tables } from '../docs/tables.ts'
import { console, entry, isolate } from './consoles.ts'
import { audited, container, fault, healthy, scenario, stateOf, type Timed } from './fixture.ts'

const state = stateOf(healthy())
const modes = ['live', 'replay'] as const
const panels = panelsOf(state)
const shown = shownPanels(state).map(({ panel }) => panel.id)
const places = [
  ...panels.map((panel) => [panel.id, panel] as const),
  ...(['dialog', 'menu', 'form', 'typing'] as const).map((place) => [place, place] as const),
]
const running = stateOf(scenario(31_000), state)

describe('the table', () => {
  describe.each(modes)('%s', (mode) => {
    const valid = keyTable.filter((each) => isOfMode(each, mode))

    test.each(places)('no key means two things in %s', (_, place) => {
      const keys = valid.filter((binding) => commandOf(binding.key, place, mode)?.panel === binding.panel)
      const duplicates = keys.filter((one, index) => keys.findIndex((other) => other.key === one.key) !== index)
      expect(duplicates).toEqual([])
    })

    test.each(panels)('no general key is hidden by one of $title', (panel) => {
      const hidden = valid.filter((each) => each.panel === 'any' && commandOf(each.key, panel, mode) !== each)
      expect(hidden).toEqual([])
    })
  })

  test.each(keyTable)('$key does something in $panel: $description', (binding) => {
    const ui = uiWhere(binding.panel, binding.command)
    const pressed = press(ui, binding.key, running, binding.mode ?? 'live', console)
    expect(pressed.effects.length > 0 || JSON.stringify(pressed.ui) !== JSON.stringify(ui)).toBe(true)
  })

  test('every dangerous key opens a question or a list, and nothing is broken yet', () => {
    for (const binding of keyTable.filter((each) => each.dangerous)) {
      const where = binding.command === 'stop scenario' ? running : state
      const pressed = press({ ...initialUi, focus: 'containers' }, binding.key, where, 'live', console)
      expect(pressed.ui.dialog ?? pressed.ui.menu, binding.key).not.toBeNull()
      expect(pressed.effects.filter(({ type }) => type !== 'list scenarios')).toEqual([])
    }
  })

  test('the printed list has every command once, with all of its keys', () => {
    const markdown = tables.keys?.()
    expect(markdown).toContain('| `j` `↓` | everywhere | one row down |')
    expect(markdown).toContain('`K` | on a part or a container |')
    expect(markdown).toContain('(asks first)')
    expect(markdown?.match(/one row down/g)).toHaveLength(1)
  })

  test('the bottom bar shows the keys of the place alone', () => {
    expect(keysFor(trafficPanel).map((binding) => binding.key)).toEqual(['space', '+', '-', ']', '['])
    expect(keysFor(failoversPanel)).toEqual([])
    expect(keysFor(trafficPanel, 'replay').map((binding) => binding.key)).toEqual(['space', ',', '.', '<', '>', '0'])
  })
})

describe('acting on a service', () => {
  test('the row under the cursor is the one that is acted on, after y', () => {
    const { ui, effects } = pressAll({ ...initialUi, focus: 'containers' }, ['j', 'j', 'K', 'y'])
    expect(effects).toEqual([inject('kill', 'etcd3')])
    expect(ui.dialog).toBeNull()
  })

  test.each(['n', 'esc'])('%s leaves it', (key) => {
    const { ui, effects } = pressAll({ ...initialUi, focus: 'containers' }, ['s', key])
    expect(ui.dialog).toBeNull()
    expect(effects).toEqual([])
  })

  test('while the question is open no other key gets through', () => {
    const { ui, effects } = pressAll({ ...initialUi, focus: 'containers' }, ['s', '5', 'K', 'q', '?', '/', 'j'])
    expect(ui.dialog).toMatchObject({ type: 'inject', order: { kind: 'stop', target: 'etcd1' }, text: 'stop etcd1' })
    expect(ui.focus).toBe('containers')
    expect(effects).toEqual([])
  })

  test('start asks nothing', () => {
    expect(press({ ...initialUi, focus: 'containers' }, 't', state, 'live', console).effects).toEqual([
      { type: 'start', part: 'etcd1' },
    ])
  })

  test('p lets a paused container go on, without a question', () => {
    const paused = stateOf([container(31_000, 'etcd1', 'paused')], state)
    expect(press({ ...initialUi, focus: 'containers' }, 'p', paused, 'live', console).effects).toEqual([
      { type: 'start', part: 'etcd1' },
    ])
  })

  test('a node row of Cluster acts on the container behind the node', () => {
    expect(pressAll(initialUi, ['j', 'K', 'enter']).effects).toEqual([inject('kill', 'patroni2')])
  })

  test('a node without a container in the lab definition says so', () => {
    const lab = state.lab === null ? null : { ...state.lab, containerOf: {} }
    expect(press(initialUi, 'K', { ...state, lab }).ui.notice?.text).toContain('names no container for patroni1')
  })

  test('r starts a container that is down, without a question', () => {
    const down = stateOf([container(31_000, 'etcd1', 'exited')], state)
    const pressed = press({ ...initialUi, focus: 'containers' }, 'r', down, 'live', console)
    expect(pressed.effects).toEqual([{ type: 'start', part: 'etcd1' }])
  })

  test('a container that is no part of the lab is acted on as well', () => {
    const more = stateOf([container(31_000, 'prometheus', 'running')], state)
    const ui: Ui = { ...initialUi, focus: 'containers', selected: { containers: 'prometheus' } }
    expect(press(ui, 'K', more, 'live', console).ui.dialog).toMatchObject({ order: { target: 'prometheus' } })
  })

  test('nothing is injected where no container may be touched', () => {
    expect(press({ ...initialUi, focus: 'containers' }, 'K', state).ui.notice?.text).toContain('names no containers')
  })

  function inject(kind: string, target: string): Effect {
    return { type: 'inject', order: { kind, target, settings: [] } }
  }
})

describe('the panels', () => {
  test('have the numbers of their order, and one that is none says so', () => {
    for (const [index, { id }] of panels.entries())
      expect(press(initialUi, String(index + 1), running).ui.focus).toBe(id)
    expect(press(initialUi, '9', state).ui).toMatchObject({ focus: null, notice: { text: 'there is no panel 9' } })
  })

  test('one that has gone, as in a recording that was set back, leaves the keys to the first', () => {
    const ui: Ui = { ...initialUi, focus: 'scenario' }
    expect(press(ui, 'j', state).ui.selected).toEqual({ cluster: 'patroni2' })
    expect(press(ui, 'tab', state).ui.focus).toBe('etcd')
  })
})

describe('traffic', () => {
  const ui: Ui = { ...initialUi, focus: 'traffic' }

  test('space turns it off and on', () => {
    expect(press(ui, 'space', state).effects).toEqual([{ type: 'traffic', change: { isOn: false } }])
  })

  test('quick presses build on each other before the first has come back', () => {
    expect(pressAll(ui, ['+', '+', '-']).effects.map((each) => each.type === 'traffic' && each.change)).toEqual([
      { writesPerSecond: 250 },
      { writesPerSecond: 313 },
      { writesPerSecond: 235 },
    ])
  })

  test('a new setting from elsewhere is what the next press starts from', () => {
    const first = press(ui, '+', state).ui
    const elsewhere = stateOf(
      [[31_000, { type: 'traffic.set', isOn: true, writesPerSecond: 40, readsPerSecond: 8 }]],
      state,
    )
    expect(press(first, '+', elsewhere).effects).toEqual([{ type: 'traffic', change: { writesPerSecond: 50 } }])
  })

  test.each([
    [200, true, 250],
    [200, false, 150],
    [10, true, 15],
    [4, false, 0],
    [0, false, 0],
    [0, true, 5],
  ])('from %i (more: %s) to %i', (rate, isMore, expected) => {
    expect(nextRate(rate, isMore)).toBe(expected)
  })
})

describe('the audit', () => {
  test('is asked for from any panel, without a question, and goes on until an audit has ended', () => {
    const { ui, effects } = press({ ...initialUi, focus: 'events' }, 'a', state)
    expect(effects).toEqual([{ type: 'audit' }])
    expect(auditingSinceMs(ui, state)).toBe(state.atMs)
    expect(auditingSinceMs(ui, stateOf([audited(31_000)], state))).toBeNull()
  })

  test('is not asked for twice at once, and can be asked for again', () => {
    const { ui } = press(initialUi, 'a', state)
    expect(press(ui, 'a', state)).toMatchObject({ effects: [], ui: { notice: { text: 'an audit is under way' } } })
    expect(press(ui, 'a', stateOf([audited(31_000)], state)).effects).toEqual([{ type: 'audit' }])
  })
})

describe('in a recording', () => {
  test.each(panels)('no key of $title does anything to containers or traffic, and says so', (place) => {
    const focus = place.id
    for (const { key, panel } of keyTable.filter((each) => each.mode === 'live')) {
      if (keyTable.some((each) => each.mode === 'replay' && each.key === key)) continue
      if (commandOf(key, place)?.mode !== 'live') continue
      const { ui, effects } = press({ ...initialUi, focus }, key, state, 'replay')
      expect(effects, `${key} of ${panel}`).toEqual([])
      expect(ui.notice?.text).toContain('recording')
      expect(ui.dialog).toBeNull()
    }
  })

  test.each([
    ['space', { type: 'pause or play' }],
    [',', { type: 'seek', byMs: -10_000 }],
    ['.', { type: 'seek', byMs: 10_000 }],
    ['<', { type: 'seek', byMs: -60_000 }],
    ['>', { type: 'seek', byMs: 60_000 }],
    ['0', { type: 'rewind' }],
  ])('%s moves in it, from every panel', (key, effect) => {
    for (const focus of shown) expect(press({ ...initialUi, focus }, key, state, 'replay').effects).toEqual([effect])
  })

  test('its keys mean nothing on a lab that runs', () => {
    for (const key of [',', '.', '<', '>', '0'])
      expect(press(initialUi, key, state)).toEqual({ ui: initialUi, effects: [] })
  })
})

describe('the filter', () => {
  test('takes whatever is typed, keys of commands too, until enter keeps it', () => {
    const { ui } = pressAll(initialUi, ['/', 'q', 'K', 'space', '1', 'backspace', 'enter'])
    expect(ui).toMatchObject({ filter: 'qK ', isTyping: false, focus: 'events' })
  })

  test('esc clears it, while typing and after', () => {
    expect(pressAll(initialUi, ['/', 'a', 'esc']).ui).toMatchObject({ filter: '', isTyping: false })
    expect(pressAll(initialUi, ['/', 'a', 'enter', 'esc']).ui).toMatchObject({ filter: '' })
  })

  test('pasted text goes into the filter, in one line, and nowhere else', () => {
    expect(paste({ ...initialUi, isTyping: true }, 'a\nb').filter).toBe('a b')
    expect(paste(initialUi, 'K').filter).toBe('')
  })
})

test('any key closes the help, and q still quits', () => {
  const open = press(initialUi, '?', state).ui
  expect(press(open, 'K', state)).toEqual({ ui: { ...open, isHelpOpen: false }, effects: [] })
  expect(press(open, 'q', state).effects).toEqual([{ type: 'quit' }])
})

test('the cursor stays on its event when newer ones come, and goes back to the newest with esc', () => {
  const moved = pressAll({ ...initialUi, focus: 'events' }, ['j']).ui
  expect(moved.selected.events).not.toBeNull()
  const later = stateOf([[32_000, { type: 'note', level: 'info', source: 'lab', text: 'later' }]], state)
  expect(press(moved, 'k', later).ui.selected.events).not.toBe(moved.selected.events)
  expect(press(moved, 'esc', state).ui.selected.events).toBeNull()
})

describe('faults', () => {
  const start: Ui = { ...initialUi, focus: 'cluster' }

  test('are aimed at what the cursor is on, and at the leader where it is on no part', () => {
    expect(press(start, 'f', state, 'live', console).ui.menu).toMatchObject({ type: 'faults', target: 'patroni1' })
    const containers = { ...initialUi, focus: 'containers' } as const
    expect(press(containers, 'f', state, 'live', console).ui.menu).toMatchObject({ target: 'etcd1' })
    const traffic = { ...initialUi, focus: 'traffic' } as const
    expect(press(traffic, 'f', state, 'live', console).ui.menu).toMatchObject({ target: 'leader' })
  })

  test('right and left choose another target, and only what fits it can be chosen', () => {
    const { ui } = pressAll(start, ['f', 'right'])
    expect(ui.menu).toMatchObject({ target: 'patroni2' })
    expect(pressAll(start, ['f', 'left', 'left']).ui.menu).toMatchObject({ target: 'etcd' })
    expect(menuRows({ type: 'faults', target: 'etcd', chosen: null }, state, console)).toEqual(['pause'])
  })

  test('one with settings has them asked for, then asks itself, and y does it', () => {
    const chosen = pressAll(start, ['f', 'down', 'enter'])
    expect(chosen.ui.form).toMatchObject({ target: 'patroni1', at: 0 })
    const { ui, effects } = pressAll(start, ['f', 'down', 'enter', ...'etcd', 'enter'])
    expect(effects).toEqual([])
    const order = { kind: 'isolate', target: 'patroni1', settings: ['from=etcd'] }
    expect(ui.dialog).toEqual({ type: 'inject', order, text: 'cut patroni1 off from etcd' })
    const done = pressAll(start, ['f', 'down', 'enter', ...'etcd', 'enter', 'y'])
    expect(done.effects).toEqual([{ type: 'inject', order }])
    expect(done.ui).toMatchObject({ dialog: null, form: null, menu: null })
  })

  test('one without settings asks at once', () => {
    const order = { kind: 'pause', target: 'patroni1', settings: [] }
    expect(pressAll(start, ['f', 'enter']).ui.dialog).toMatchObject({ type: 'inject', order })
  })

  test('a mistake is shown at its setting, and nothing is asked', () => {
    const { ui } = pressAll(start, ['f', 'down', 'enter', 'down', ...'x', 'enter'])
    expect(ui.dialog).toBeNull()
    expect(ui.form).toMatchObject({ at: 1, mistakes: [{ setting: 'direction' }] })
    expect(pressAll(start, ['f', 'down', 'enter', 'down', ...'x', 'enter', 'backspace']).ui.form?.mistakes).toEqual([])
  })

  test('esc goes back a step at a time', () => {
    const keys = ['f', 'down', 'enter', 'enter', 'esc']
    expect(pressAll(start, keys).ui).toMatchObject({ dialog: null, form: { at: 0 } })
    expect(pressAll(start, [...keys, 'esc']).ui).toMatchObject({ form: null, menu: { chosen: 'isolate' } })
    expect(pressAll(start, [...keys, 'esc', 'esc']).ui).toEqual(start)
  })

  test('letters that are keys elsewhere are text in a setting; pasted text too', () => {
    const { ui } = pressAll(start, ['f', 'down', 'enter', 'H', 'q', 'space', 'j'])
    expect(ui.form?.values).toEqual({ from: 'Hq j' })
    expect(paste(ui, 'a\nb').form?.values).toEqual({ from: 'Hq ja b' })
  })

  test('a lab without containers says why there is none', () => {
    for (const key of ['f', 'H']) expect(press(start, key, state).ui.notice?.text).toContain('names no containers')
  })
})

describe('healing', () => {
  test('is one key, without a question, from every panel, list, question and the help', () => {
    for (const focus of shown) {
      expect(press({ ...initialUi, focus }, 'H', state, 'live', console).effects).toEqual([{ type: 'heal' }])
    }
    for (const before of [['f'], ['f', 'enter'], ['s'], ['?'], ['X']]) {
      const { ui, effects } = pressAll({ ...initialUi, focus: 'containers' }, [...before, 'H'])
      expect(effects.at(-1), before.join()).toEqual({ type: 'heal' })
      expect(ui).toMatchObject({ dialog: null, menu: null, form: null, isHelpOpen: false })
    }
  })

  test('is not asked for twice at once', () => {
    const { ui, effects } = pressAll(initialUi, ['H', 'H'])
    expect(effects).toEqual([{ type: 'heal' }])
    expect(ui.notice?.text).toContain('being healed')
  })

  test('what is stuck stays in the way until a key, which does nothing else, and comes again when it is stuck again', () => {
    const stuck = stateOf([...fault(31_000), stuckAt(32_000)], state)
    expect(unreadStuck(initialUi, stuck, 'live')).toHaveLength(1)
    const { ui, effects } = press(initialUi, 'q', stuck, 'live', console)
    expect(effects).toEqual([])
    expect(unreadStuck(ui, stuck, 'live')).toEqual([])
    expect(press(ui, 'q', stuck, 'live', console).effects).toEqual([{ type: 'quit' }])
    const again = stateOf([stuckAt(40_000)], stuck)
    expect(unreadStuck(ui, again, 'live')).toHaveLength(1)
    expect(unreadStuck(initialUi, again, 'replay')).toEqual([])
  })

  test('H heals from there as well, and ctrl-c quits', () => {
    const stuck = stateOf([...fault(31_000), stuckAt(32_000)], state)
    expect(press(initialUi, 'H', stuck, 'live', console).effects).toEqual([{ type: 'heal' }])
    expect(press(initialUi, 'ctrl+c', stuck, 'live', console).effects).toEqual([{ type: 'quit' }])
  })

  function stuckAt(atMs: number): Timed {
    const about = { id: 'a1', fault: 'isolate', parts: ['patroni1'] }
    return [atMs, { type: 'fault.stuck', ...about, error: 'Docker does not answer', byHand: ['docker start x'] }]
  }
})

describe('scenarios', () => {
  const listed: Ui = {
    ...initialUi,
    menu: { type: 'scenarios', entries: [entry('a.yaml'), entry('b.yaml')], chosen: null },
  }

  test('x reads the list, and the one under the cursor is asked about before it is run', () => {
    expect(press(initialUi, 'x', state).effects).toEqual([{ type: 'list scenarios' }])
    const asked = pressAll(listed, ['down', 'enter'])
    expect(asked.effects).toEqual([])
    expect(asked.ui.dialog).toMatchObject({ type: 'run scenario', entry: { file: 'b.yaml' } })
    expect(pressAll(listed, ['down', 'enter', 'y']).effects).toEqual([
      { type: 'run scenario', file: 'b.yaml', name: 'named b.yaml' },
    ])
  })

  test('one with mistakes cannot be run', () => {
    const entries = [entry('a.yaml', 'a.yaml:3: steps: expected a list')]
    const { ui, effects } = pressAll({ ...initialUi, menu: { type: 'scenarios', entries, chosen: null } }, ['enter'])
    expect(effects).toEqual([])
    expect(ui).toMatchObject({ dialog: null, notice: { text: 'a.yaml:3: steps: expected a list' } })
  })

  test('while one runs, another cannot be chosen, and X asks before it is stopped', () => {
    expect(press(initialUi, 'x', running).ui).toMatchObject({
      menu: null,
      notice: { text: expect.stringContaining('X stops it') },
    })
    const asked = press(initialUi, 'X', running).ui
    expect(asked.dialog).toEqual({ type: 'stop scenario', name: 'leader cut off' })
    expect(press(asked, 'y', running).effects).toEqual([{ type: 'stop scenario' }])
  })

  test('one that is being prepared or judged counts as running', () => {
    const staging = { name: 'leader cut off', text: 'traffic', sinceMs: 31_000 }
    expect(press({ ...initialUi, staging }, 'x', state).ui.menu).toBeNull()
    expect(press({ ...initialUi, staging }, 'X', state).ui.dialog).not.toBeNull()
    expect(press(initialUi, 'X', state).ui.notice).toEqual({ isGood: false, text: 'no scenario runs' })
  })

  test('its panel can be gone to once there is one', () => {
    expect(press(initialUi, '8', state).ui).toMatchObject({
      focus: null,
      notice: { text: expect.stringContaining('nothing to show') },
    })
    expect(press(initialUi, '8', running).ui.focus).toBe('scenario')
    expect(press({ ...initialUi, focus: 'events' }, 'tab', state).ui.focus).toBe('cluster')
    expect(press({ ...initialUi, focus: 'events' }, 'tab', running).ui.focus).toBe('scenario')
  })
})

function pressAll(start: Ui, keys: readonly string[]): { ui: Ui; effects: Effect[] } {
  return keys.reduce<{ ui: Ui; effects: Effect[] }>(
    ({ ui, effects }, key) => {
      const pressed = press(ui, key, state, 'live', console)
      return { ui: pressed.ui, effects: [...effects, ...pressed.effects] }
    },
    { ui: start, effects: [] },
  )
}

/** A screen on which the command has something to do. */
function uiWhere(panel: (typeof keyTable)[number]['panel'], command: string): Ui {
  const middle = { containers: 'haproxy' }
  if (panel === 'dialog')
    return {
      ...initialUi,
      dialog: { type: 'inject', order: { kind: 'stop', target: 'etcd1', settings: [] }, text: 'stop etcd1' },
    }
  const menu = { type: 'faults', target: 'patroni1', chosen: /down|next/.test(command) ? 'pause' : 'isolate' } as const
  if (panel === 'menu') return { ...initialUi, menu }
  const form = { kind: isolate, target: 'patroni1', values: { from: 'etcd' }, at: 0, mistakes: [] }
  if (panel === 'form') return { ...initialUi, menu, form }
  if (panel === 'typing') return { ...initialUi, focus: 'events', isTyping: true, filter: 'ab' }
  if (panel === 'services') return { ...initialUi, focus: 'containers', selected: middle }
  if (panel !== 'any') return { ...initialUi, focus: panel }
  if (command === 'panel') return initialUi
  return { ...initialUi, focus: 'containers', selected: middle, isEnlarged: command === 'back' }
}
