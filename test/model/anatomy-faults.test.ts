import { describe, expect, it } from 'vitest'
import type { Sighting } from '../../src/model/sightings.ts'
import { healthy, run } from './anatomy-events.ts'
import { container, happened, type Timed } from './events.ts'

const SERVICE = 'pg-one'

/** What was seen of faults, as `fault patroni1 down killed`, `ended patroni1`, `lifted patroni1 down`. */
function faults(...timed: Timed[]): string[] {
  const running: Timed = [20, container(SERVICE, 'running')]
  return run(healthy(), [running], timed).anatomy.sights.seen.flatMap((each: Sighting) => {
    if (each.is === 'fault') return [`fault ${each.part} ${each.fault} ${each.how}`]
    if (each.is === 'lifted') return [`lifted ${each.part} ${each.fault}`]
    return each.is === 'ended' ? [`ended ${each.part}`] : []
  })
}

const requested = (verb: 'kill' | 'restart', atMs: number): Timed => [
  atMs,
  { type: 'action.requested', id: 1, verb, service: SERVICE, command: '' },
]
const done = (verb: 'kill' | 'restart', atMs: number): Timed => [
  atMs,
  { type: 'action.done', id: 1, verb, service: SERVICE },
]
const event = (atMs: number, action: string, signal?: number): Timed => [
  atMs,
  happened(SERVICE, action, signal === undefined ? {} : { signal }),
]

describe('a fault that lands', () => {
  it('is one fault, however many events confirm it', () => {
    const killed = [requested('kill', 990), event(1_000, 'kill', 9), event(1_020, 'die'), done('kill', 1_050)]
    expect(faults(...killed, [1_060, container(SERVICE, 'exited')], [6_100, container(SERVICE, 'exited')])).toEqual([
      'fault patroni1 down killed',
      'ended patroni1',
    ])
  })

  it('is not what was asked for: a request alone is none, nor one that failed', () => {
    const failed: Timed = [1_500, { type: 'action.failed', id: 1, verb: 'kill', service: SERVICE, error: 'no' }]
    expect(faults(requested('kill', 1_000), failed)).toEqual([])
  })

  it.each([
    ['SIGHUP', 1],
    ['SIGUSR1', 10],
    ['SIGCONT', 18],
  ])('is none with %s, until the container ends by it', (_, signal) => {
    expect(faults(event(1_000, 'kill', signal))).toEqual([])
    expect(faults(event(1_000, 'kill', signal), event(1_100, 'die'))).toEqual(['fault patroni1 down ended'])
  })

  it('is over when the container is started, by whomever', () => {
    const restarted = [
      requested('restart', 990),
      event(1_000, 'kill', 15),
      event(1_300, 'die'),
      event(1_310, 'stop'),
      event(1_600, 'start'),
      event(1_610, 'restart'),
      done('restart', 1_700),
    ]
    expect(faults(...restarted)).toEqual(['fault patroni1 down stopped', 'ended patroni1', 'lifted patroni1 down'])
  })

  it('lands beside another of another kind: a paused container can be killed', () => {
    expect(faults(event(1_000, 'pause'), event(2_000, 'kill', 9), event(3_000, 'start'))).toEqual([
      'fault patroni1 paused paused',
      'fault patroni1 down killed',
      'lifted patroni1 down',
      'lifted patroni1 paused',
    ])
  })

  it('is learnt from the engine’s answer when its event stream is away', () => {
    expect(faults(requested('kill', 1_000), done('kill', 1_100))).toEqual(['fault patroni1 down killed'])
  })

  it('is learnt from the list of containers when nothing else told, with its time unknown by a resync', () => {
    const state = run(healthy(), [[20, container(SERVICE, 'running')]], [[9_000, container(SERVICE, 'exited')]])
    const [fault] = state.anatomy.sights.seen.filter((each) => each.is === 'fault')
    expect(fault).toMatchObject({ atMs: 9_000, fromMs: 4_000, how: 'ended' })
    expect(faults([9_000, container(SERVICE, 'exited')], [15_000, container(SERVICE, 'running')])).toEqual([
      'fault patroni1 down ended',
      'lifted patroni1 down',
    ])
  })

  it('is not taken from a list that is older than what the event stream told', () => {
    const late: Timed[] = [event(1_000, 'kill', 9), event(1_500, 'start'), [1_510, container(SERVICE, 'exited')]]
    expect(faults(...late)).toEqual(['fault patroni1 down killed', 'lifted patroni1 down'])
  })

  it('is none of the lab’s when its container stands behind no part', () => {
    expect(faults([1_000, happened('grafana', 'kill', { signal: 9 })])).toEqual([])
  })
})
