import { describe, expect, test } from 'vitest'
import { sortedNames } from '../../src/draw/format.ts'
import { witnessWord } from '../../src/draw/witness-word.ts'
import { ability } from '../../src/model/ability.ts'
import { sight } from '../../src/model/sight.ts'
import { disagreements } from '../../src/systems/patroni/panels/agreement.ts'
import { keyWord, leaseWord } from '../../src/systems/patroni/panels/leader-key.ts'
import { quorumWord } from '../../src/systems/patroni/quorum.ts'
import { deeds } from '../../src/tui/words/deeds.ts'
import { overall } from '../../src/tui/words/overall.ts'
import { initialState, type State } from '../patroni.ts'
import {
  allUnreachable,
  cluster,
  etcd,
  failedOver,
  healthy,
  key,
  leaderDead,
  lease,
  node,
  postgres,
  probe,
  quorumLost,
  splitBrain,
  stateOf,
  type Timed,
} from './fixture.ts'

const well = stateOf(healthy())

describe('the whole in a word', () => {
  test.each<[string, string, State, number]>([
    ['nothing was seen', 'WAITING', initialState, 1_000],
    ['all is well', 'HEALTHY', well, 30_100],
    [
      'the leader is silent and its key still there',
      'LEADER GONE?',
      stateOf([node('patroni1', 31_000, null)], well),
      32_000,
    ],
    ['the key is gone', 'NO LEADER', stateOf(leaderDead()), 40_000],
    ['etcd has no quorum', 'NO QUORUM', stateOf(quorumLost()), 32_000],
    ['nobody answers', 'NO SIGHT', stateOf(allUnreachable()), 43_000],
    ['the observers themselves have stopped', 'NO SIGHT', well, 90_000],
    ['two are out of recovery', 'TWO PRIMARIES', stateOf([postgres('patroni2', 30_050, false)], well), 30_100],
    ['only clients cannot write', 'OUTAGE', stateOf([probe(30_500, 'write', 'failed')], well), 30_600],
    ['a replica is gone', 'DEGRADED', stateOf([node('patroni3', 30_050, null)], well), 30_100],
    ['an etcd member is gone', 'DEGRADED', stateOf([etcd('etcd3', 30_050, null)], well), 30_100],
    [
      'one node has fallen silent',
      'DEGRADED',
      stateOf(
        healthy(38_000).filter(([, body]) => !('node' in body && body.node === 'patroni3')),
        well,
      ),
      38_100,
    ],
  ])('%s: %s', (_, word, state, nowMs) => expect(overall(state, nowMs).word).toBe(word))

  test('a silent source is never called healthy', () => {
    for (let nowMs = 30_000; nowMs < 60_000; nowMs += 500) {
      if (nowMs > 36_100) expect(overall(well, nowMs).word).not.toBe('HEALTHY')
    }
  })
})

describe('where sources contradict each other', () => {
  const notes = (state: State, nowMs = state.atMs) => disagreements(state, nowMs).map((note) => note.text)

  test('in a healthy cluster there is nothing', () => expect(notes(well)).toEqual([]))

  test('a leader that does not answer while its key and its cached line live on', () => {
    const state = stateOf([node('patroni1', 31_000, null), cluster(31_900, 'patroni1')], well)
    expect(notes(state, 33_000)).toEqual([
      'patroni1 gone? It has the key, no answer for 2 s, lease ends in 15 s',
      'patroni1 gone? /cluster still says leader, running (cached)',
    ])
  })

  test('the key says one, /cluster and the node itself another', () => {
    const state = stateOf([key(31_000, 'patroni2', 1_020)], well)
    expect(notes(state)).toContain('patroni1 is a primary, the key says patroni2')
    expect(notes(state)).toContain('/cluster says patroni1 leads (cached), the key says patroni2')
    expect(notes(state)).toContain('patroni2 has the key, its PostgreSQL is still in recovery: promotion under way')
  })

  test('no key, and /cluster still names a leader', () => {
    expect(notes(stateOf([key(31_000, null, 1_020)], well))).toContain(
      '/cluster still says patroni1 leads (cached); there is no key',
    )
  })

  test('two primaries come first', () => {
    expect(notes(stateOf([postgres('patroni3', 30_050, false)], well))[0]).toContain(
      'TWO PRIMARIES: patroni1, patroni3',
    )
  })
})

describe('a source', () => {
  const seen = well.nodes.patroni1?.patroni
  test('is never, fresh, silent or unreachable', () => {
    expect(sight(undefined, 0).type).toBe('never')
    expect(sight(seen, 30_500).type).toBe('fresh')
    expect(sight(seen, 40_000)).toMatchObject({ type: 'silent', forMs: 10_000 })
    const lost = stateOf([node('patroni1', 31_000, null), node('patroni1', 35_000, null)], well)
    expect(sight(lost.nodes.patroni1?.patroni, 43_000)).toMatchObject({ type: 'unreachable', forMs: 12_000 })
  })
})

describe('the leader key', () => {
  test('its lease counts down between readings and not below nothing', () => {
    expect(leaseWord(well, 31_500)?.remainingMs).toBe(16_500)
    expect(leaseWord(well, 90_000)?.remainingMs).toBe(0)
    expect(leaseWord(stateOf([lease(31_000, null)], well), 31_000)).toBeNull()
  })

  test('what etcd cannot confirm is said to be unconfirmed', () => {
    expect(keyWord(well, 30_100)).toMatchObject({ type: 'held', holder: 'patroni1', unconfirmedForMs: null })
    expect(keyWord(stateOf(quorumLost()), 33_000)).toMatchObject({ type: 'held', unconfirmedForMs: 2_000 })
    expect(keyWord(stateOf(leaderDead()), 40_000)).toMatchObject({ type: 'none', forMs: 2_000 })
    expect(keyWord(initialState, 0)).toEqual({ type: 'never' })
  })
})

test('quorum is what the fresh answers say, and unknown without any', () => {
  expect(quorumWord(well, 30_100)).toMatchObject({ hasQuorum: true, answering: 3, leader: 'etcd1' })
  expect(quorumWord(stateOf(quorumLost()), 31_100)).toMatchObject({ hasQuorum: false, answering: 1 })
  expect(quorumWord(well, 60_000)).toMatchObject({ hasQuorum: null, answering: 0 })
  expect(quorumWord(initialState, 0).hasQuorum).toBeNull()
})

describe('whether clients can write', () => {
  test.each<[string, State, number, object]>([
    ['not probed', initialState, 0, { type: 'unknown', forMs: null }],
    ['yes', well, 30_100, { type: 'yes', server: 'patroni1' }],
    ['no, from the last acknowledgement on', stateOf(leaderDead()), 40_000, { type: 'no', forMs: 10_018 }],
    ['the probe has stopped', well, 35_000, { type: 'unknown' }],
    [
      'the probe has stopped in the middle of an outage',
      stateOf(leaderDead()),
      45_000,
      { type: 'unknown', forMs: 5_000 },
    ],
    [
      'recovering',
      stateOf([...leaderDead(), probe(41_000, 'write', 'ok', 'patroni2')]),
      41_050,
      { type: 'recovering', server: 'patroni2' },
    ],
    ['again, by the new leader', stateOf(failedOver()), 44_500, { type: 'yes', server: 'patroni2' }],
  ])('%s', (_, state, nowMs, expected) => expect(ability(state, 'write', nowMs)).toMatchObject(expected))
})

describe('the witness of a split brain', () => {
  const split = stateOf(splitBrain())
  const over = stateOf([postgres('patroni1', 33_000, true)], split)
  test.each<[string, State, number, string]>([
    ['nobody was asked', initialState, 1_000, 'no node seen'],
    ['one takes writes', well, 30_100, 'one primary'],
    [
      'one cannot be asked',
      stateOf([postgres('patroni3', 30_050, null)], well),
      30_100,
      'one primary, patroni3 unseen',
    ],
    ['the witness has fallen silent', well, 60_000, 'no node seen'],
    ['none takes writes', stateOf([postgres('patroni1', 30_050, true)], well), 30_100, 'no primary'],
    ['two say so, not proven yet', stateOf([postgres('patroni2', 30_050, false)], well), 30_100, '2 primaries?'],
    ['two do', split, 32_200, 'SPLIT BRAIN 650 ms: patroni1 and patroni2'],
    ['two did', over, 33_100, 'was split 650 ms: patroni1 and patroni2'],
  ])('%s: %s', (_, state, nowMs, word) => {
    const text = witnessWord(state, nowMs).text
    expect(text.replace(/\d+ ms/, 'N ms')).toBe(word.replace(/\d+ ms/, 'N ms'))
  })

  test('while it goes on it is the word for the whole', () => {
    expect(overall(split, 32_200)).toMatchObject({ word: 'SPLIT BRAIN', style: 'alarm' })
    expect(overall(over, 33_100).word).not.toBe('SPLIT BRAIN')
  })
})

describe('what was done', () => {
  const happened = (atMs: number, service: string, action: string, signal: number | null = null): Timed => [
    atMs,
    { type: 'docker.event', service, action, exitCode: null, signal },
  ]

  test('is told once when it was asked for from here and Docker confirms it', () => {
    expect(deeds(stateOf(leaderDead())).map(({ what, part }) => `${what} ${part}`)).toEqual(['killed patroni1'])
  })

  test('is told too when somebody else did it, and when it was taken back', () => {
    const state = stateOf([happened(31_000, 'etcd2', 'pause'), happened(32_000, 'etcd2', 'unpause')], well)
    expect(deeds(state)).toEqual([
      { atMs: 31_000, what: 'paused', part: 'etcd2' },
      { atMs: 32_000, what: 'resumed', part: 'etcd2' },
    ])
  })

  test('is the lab’s own fault as well', () => {
    const fault = {
      fault: 'partition',
      parts: ['patroni1'],
      text: 'was cut off from etcd',
      effects: ['cuts-part', 'cuts-from-etcd'],
    } as const
    expect(deeds(stateOf([[31_000, { type: 'fault.landed', ...fault }]], well))).toMatchObject([
      { what: 'partition', part: 'patroni1' },
    ])
  })
})

test('names sort as people count', () => {
  expect(sortedNames(['node10', 'node2'], ['node1', 'node2'])).toEqual(['node1', 'node2', 'node10'])
})
