import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readSettings, settingsOf } from '../../src/faults/settings.ts'
import { faultKinds } from '../../src/systems/fault-kinds.ts'

const kind = {
  schema: z.strictObject({
    from: z.array(z.enum(['etcd', 'patroni'])).default(['etcd', 'patroni']),
    percent: z.int().min(1).max(100),
    isHard: z.boolean().optional(),
    length: z.string().default('2m'),
    parameters: z.record(z.string(), z.string()).optional(),
  }),
}

describe('settings are read as they are written', () => {
  test.each<[string[], object]>([
    [['percent=20', 'from=etcd,patroni'], { percent: 20, from: ['etcd', 'patroni'] }],
    [['percent=20', 'isHard=true', 'length=30s'], { percent: 20, isHard: true, length: '30s' }],
  ])('%j', (given, expected) => {
    expect(readSettings(kind, given)).toMatchObject({ ok: true, params: expected })
  })

  test.each<[string[], (string | null)[]]>([
    [[], ['percent']],
    [['percent=0'], ['percent']],
    [['percent=20', 'from=etcd,x'], ['from.1']],
    [['percent=20', 'unknown=1'], ['unknown']],
    [['percent'], [null]],
    [
      ['percent=abc', 'length=1'],
      ['percent', 'length'],
    ],
  ])('%j is a mistake, told with its setting', (given, expected) => {
    const read = readSettings(kind, given)
    expect(read.ok ? [] : read.mistakes.map(({ setting }) => setting)).toEqual(expected)
  })

  test('what is not given is told to be needed', () => {
    expect(readSettings(kind, [])).toEqual({ ok: false, mistakes: [{ setting: 'percent', message: 'is needed' }] })
  })
})

test('an unknown setting is told with the nearest, or with all that there are', () => {
  const told = (given: string[], of: Parameters<typeof readSettings>[0] = kind) => {
    const read = readSettings(of, given)
    return read.ok ? [] : read.mistakes
  }
  expect(told(['percnet=20', 'percent=20'])).toEqual([
    { setting: 'percnet', message: 'there is no such setting; did you mean percent?' },
  ])
  expect(told(['percent=20', 'color=red'])).toEqual([
    {
      setting: 'color',
      message: 'there is no such setting; there are from, percent, isHard, length, parameters',
    },
  ])
  expect(told(['force=true'], { schema: z.strictObject({}) })).toEqual([
    { setting: 'force', message: 'it has no settings' },
  ])
})

test('a form has every setting, with its default and what is allowed', () => {
  expect(settingsOf(kind)).toEqual([
    {
      name: 'from',
      initial: 'etcd,patroni',
      allowed: 'etcd, patroni; a comma makes a list',
      isRequired: false,
      isMap: false,
    },
    { name: 'percent', initial: '', allowed: '1 to 100', isRequired: true, isMap: false },
    { name: 'isHard', initial: '', allowed: 'true, false', isRequired: false, isMap: false },
    { name: 'length', initial: '2m', allowed: 'like 2m', isRequired: false, isMap: false },
    {
      name: 'parameters',
      initial: '',
      allowed: 'NAME=VALUE, several with a space between',
      isRequired: false,
      isMap: true,
    },
  ])
})

test('a schema behind a rewriting of its input has the settings that it looks at', () => {
  const rewritten = { schema: z.preprocess((given) => given, kind.schema) }
  expect(settingsOf(rewritten).map(({ name }) => name)).toEqual(settingsOf(kind).map(({ name }) => name))
})

test.each(faultKinds.map((each) => [each.type, each] as const))('%s: every setting says what is allowed', (_, each) => {
  for (const { allowed } of settingsOf(each)) expect(allowed).not.toBe('')
  const read = readSettings(
    each,
    settingsOf(each)
      .filter(({ initial }) => initial !== '')
      .map(({ name, initial }) => `${name}=${initial}`),
  )
  const needed = settingsOf(each).filter(({ isRequired }) => isRequired)
  // The defaults, written out, are what they are when nothing is said.
  if (needed.length === 0) expect(read.ok).toBe(readSettings(each, []).ok)
})
