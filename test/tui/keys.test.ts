import { describe, expect, test } from 'vitest'
import type { Verb } from '../../src/model/events.ts'
import { commandOf, isOfMode, keysAsMarkdown, keysFor, keyTable } from '../../src/tui/keys.ts'
import { panelIds } from '../../src/tui/panel-id.ts'
import { auditingSinceMs, type Effect, initialUi, nextRate, paste, press, type Ui } from '../../src/tui/ui.ts'
import { audited, container, healthy, stateOf } from './fixture.ts'

const state = stateOf(healthy())
const modes = ['live', 'replay'] as const
const places = [...panelIds, 'dialog', 'typing'] as const

describe('the table', () => {
  describe.each(modes)('%s', (mode) => {
    const valid = keyTable.filter((each) => isOfMode(each, mode))

    test.each(places)('no key means two things in %s', (place) => {
      const keys = valid.filter((binding) => commandOf(binding.key, place, mode)?.panel === binding.panel)
      const duplicates = keys.filter((one, index) => keys.findIndex((other) => other.key === one.key) !== index)
      expect(duplicates).toEqual([])
    })

    test.each(panelIds)('no general key is hidden by one of %s', (panel) => {
      const hidden = valid.filter((each) => each.panel === 'any' && commandOf(each.key, panel, mode) !== each)
      expect(hidden).toEqual([])
    })
  })

  test.each(keyTable)('$key does something in $panel: $description', (binding) => {
    const ui = uiWhere(binding.panel, binding.command)
    const pressed = press(ui, binding.key, state, binding.mode ?? 'live')
    expect(pressed.effects.length > 0 || JSON.stringify(pressed.ui) !== JSON.stringify(ui)).toBe(true)
  })

  test('every dangerous key opens a question and asks nothing of the lab yet', () => {
    for (const binding of keyTable.filter((each) => each.dangerous)) {
      const pressed = press({ ...initialUi, focus: 'containers' }, binding.key, state)
      expect(pressed.ui.dialog).not.toBeNull()
      expect(pressed.effects).toEqual([])
    }
  })

  test('the README list has every command once, with all of its keys', () => {
    const markdown = keysAsMarkdown()
    expect(markdown).toContain('| `j` `↓` | everywhere | one row down |')
    expect(markdown).toContain('`K` | Cluster, etcd, HAProxy, Containers |')
    expect(markdown).toContain('(asks first)')
    expect(markdown.match(/one row down/g)).toHaveLength(1)
  })

  test('the bottom bar shows the keys of the place alone', () => {
    expect(keysFor('traffic').map((binding) => binding.key)).toEqual(['space', '+', '-', ']', '['])
    expect(keysFor('failovers')).toEqual([])
    expect(keysFor('traffic', 'replay').map((binding) => binding.key)).toEqual(['space', ',', '.', '<', '>', '0'])
  })
})

describe('acting on a service', () => {
  test('the row under the cursor is the one that is acted on, after y', () => {
    const { ui, effects } = pressAll({ ...initialUi, focus: 'containers' }, ['j', 'j', 'K', 'y'])
    expect(effects).toEqual([{ type: 'act', verb: 'kill', service: 'etcd3' }])
    expect(ui.dialog).toBeNull()
  })

  test.each(['n', 'esc'])('%s leaves it', (key) => {
    const { ui, effects } = pressAll({ ...initialUi, focus: 'containers' }, ['s', key])
    expect(ui.dialog).toBeNull()
    expect(effects).toEqual([])
  })

  test('while the question is open no other key gets through', () => {
    const { ui, effects } = pressAll({ ...initialUi, focus: 'containers' }, ['s', '5', 'K', 'q', '?', '/', 'j'])
    expect(ui.dialog).toEqual({ verb: 'stop', service: 'etcd1' })
    expect(ui.focus).toBe('containers')
    expect(effects).toEqual([])
  })

  test('start asks nothing', () => {
    expect(press({ ...initialUi, focus: 'containers' }, 't', state).effects).toEqual([act('start', 'etcd1')])
  })

  test('p lets a paused container go on, without a question', () => {
    const paused = stateOf([container(31_000, 'etcd1', 'paused')], state)
    expect(press({ ...initialUi, focus: 'containers' }, 'p', paused).effects).toEqual([act('unpause', 'etcd1')])
  })

  test('a node row of Cluster acts on the container behind the node', () => {
    expect(pressAll(initialUi, ['j', 'K', 'enter']).effects).toEqual([act('kill', 'patroni2')])
  })

  test('a node without a container in the lab definition says so', () => {
    const lab = state.lab === null ? null : { ...state.lab, containerOf: {} }
    expect(press(initialUi, 'K', { ...state, lab }).ui.notice).toContain('names no container for patroni1')
  })

  function act(verb: Verb, service: string): Effect {
    return { type: 'act', verb, service }
  }
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
    expect(press(ui, 'a', state)).toMatchObject({ effects: [], ui: { notice: 'an audit is under way' } })
    expect(press(ui, 'a', stateOf([audited(31_000)], state)).effects).toEqual([{ type: 'audit' }])
  })
})

describe('in a recording', () => {
  test.each(panelIds)('no key of %s does anything to containers or traffic, and says so', (focus) => {
    for (const { key, panel } of keyTable.filter((each) => each.mode === 'live')) {
      if (keyTable.some((each) => each.mode === 'replay' && each.key === key)) continue
      if (commandOf(key, focus) === null) continue
      const { ui, effects } = press({ ...initialUi, focus }, key, state, 'replay')
      expect(effects, `${key} of ${panel}`).toEqual([])
      expect(ui.notice).toContain('recording')
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
    for (const focus of panelIds) expect(press({ ...initialUi, focus }, key, state, 'replay').effects).toEqual([effect])
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

function pressAll(start: Ui, keys: readonly string[]): { ui: Ui; effects: Effect[] } {
  return keys.reduce<{ ui: Ui; effects: Effect[] }>(
    ({ ui, effects }, key) => {
      const pressed = press(ui, key, state)
      return { ui: pressed.ui, effects: [...effects, ...pressed.effects] }
    },
    { ui: start, effects: [] },
  )
}

/** A screen on which the command has something to do. */
function uiWhere(panel: (typeof keyTable)[number]['panel'], command: string): Ui {
  const middle = { containers: 'haproxy' }
  if (panel === 'dialog') return { ...initialUi, dialog: { verb: 'stop', service: 'etcd1' } }
  if (panel === 'typing') return { ...initialUi, focus: 'events', isTyping: true, filter: 'ab' }
  if (panel === 'services') return { ...initialUi, focus: 'containers', selected: middle }
  if (panel !== 'any') return { ...initialUi, focus: panel }
  if (command === 'focus containers') return initialUi
  return { ...initialUi, focus: 'containers', selected: middle, isEnlarged: command === 'back' }
}
