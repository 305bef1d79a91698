import { describe, expect, it } from 'vitest'
import { formatTarget, parseTarget, type Target, targetSchema } from '../../src/faults/target.ts'
import { roles } from '../../src/systems/patroni/roles.ts'

const named = (name: string): Target => ({ type: 'name', name })

describe('a target as text', () => {
  it.each(roles)('$name is a role', ({ name }) => {
    expect(parseTarget(name)).toEqual(named(name))
    expect(formatTarget(named(name))).toBe(name)
  })

  const cases: [text: string, target: Target][] = [
    ['etcd2', named('etcd2')],
    ['pg-1.example_A', named('pg-1.example_A')],
    ['  leader\n', named('leader')],
    ['leaders', named('leaders')],
    ['Leader', named('Leader')],
    ['random', named('random')],
    ['random(replicas)', { type: 'random', of: named('replicas'), count: 1 }],
    ['random(of: replicas)', { type: 'random', of: named('replicas'), count: 1 }],
    ['random(of: replicas, count: 2)', { type: 'random', of: named('replicas'), count: 2 }],
    ['random( of:replicas,2 )', { type: 'random', of: named('replicas'), count: 2 }],
    ['all(leader, etcd1)', { type: 'all', of: [named('leader'), named('etcd1')] }],
    [
      'all(leader, random(of: all(etcd1, random(of: etcd-followers)), count: 1))',
      {
        type: 'all',
        of: [
          named('leader'),
          {
            type: 'random',
            of: { type: 'all', of: [named('etcd1'), { type: 'random', of: named('etcd-followers'), count: 1 }] },
            count: 1,
          },
        ],
      },
    ],
  ]

  it.each(cases)('%j is read', (text, target) => {
    expect(parseTarget(text)).toEqual(target)
  })

  it.each(cases)('%j comes out as it would be written', (_, target) => {
    expect(parseTarget(formatTarget(target))).toEqual(target)
  })

  it.each([
    '',
    ' ',
    '()',
    'leader replica',
    'leader)',
    'leader;etcd1',
    'leader, etcd1',
    '$(reboot)',
    '`reboot`',
    '../etcd1',
    '/etcd1',
    '-f',
    '*',
    'etcd1\u0000',
    'лидер',
    'random()',
    'random(replicas',
    'random(of: replicas, count: 0)',
    'random(of: replicas, count: -1)',
    'random(of: replicas, count: 1.5)',
    'random(of: replicas, count: 1e3)',
    'random(of: replicas, count: 99999)',
    'random(of: replicas, count: )',
    'random(of: replicas, 1, 2)',
    'all()',
    'all(leader,)',
    'all(leader',
    'any(leader)',
    'toString(leader)',
  ])('%j is refused, and what was expected is said', (text) => {
    expect(parseTarget(text)).toEqual({ error: expect.stringMatching(/expected|there is no/) })
  })

  it('however deep it is nested, and however long it is, is read or refused, and never throws', () => {
    const deep = 190
    expect(parseTarget(`${'all('.repeat(deep)}leader${')'.repeat(deep)}`)).toMatchObject({ type: 'all' })
    expect(parseTarget(`${'all('.repeat(deep)}leader`)).toHaveProperty('error')
    expect(parseTarget('all('.repeat(100_000))).toHaveProperty('error')
    expect(parseTarget('a'.repeat(1_000))).toMatchObject({ type: 'name' })
    expect(parseTarget('a'.repeat(1_001))).toHaveProperty('error')
  })
})

describe('a target in YAML', () => {
  it.each([
    ['leader', named('leader')],
    ['random(of: nodes, count: 2)', { type: 'random', of: named('nodes'), count: 2 }],
    [['leader', 'etcd1'], { type: 'all', of: [named('leader'), named('etcd1')] }],
    [{ random: { of: 'replicas' } }, { type: 'random', of: named('replicas'), count: 1 }],
    [
      { random: { of: ['etcd1', 'etcd2'], count: 2 } },
      { type: 'random', of: { type: 'all', of: [named('etcd1'), named('etcd2')] }, count: 2 },
    ],
    [{ all: [{ random: { of: 'nodes' } }] }, { type: 'all', of: [{ type: 'random', of: named('nodes'), count: 1 }] }],
  ])('%j is read', (given, target) => {
    expect(targetSchema.parse(given)).toEqual(target)
  })

  it.each([
    null,
    7,
    '',
    [],
    {},
    { all: [] },
    { random: 'replicas' },
    { random: { of: 'replicas', count: 0 } },
    { random: { of: 'replicas' }, all: ['leader'] },
    { random: { of: 'replicas', many: 2 } },
    ['leader', 'etcd1;'],
  ])('%j is refused', (given) => {
    expect(targetSchema.safeParse(given).success).toBe(false)
  })
})
