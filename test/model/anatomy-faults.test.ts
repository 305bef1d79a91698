import { describe, expect, it } from 'vitest'
import type { FaultLanded } from '../../src/model/events.ts'
import type { FaultEffect } from '../../src/model/fault-effect.ts'
import type { Observation } from '../../src/systems/patroni/explain/observations.ts'
import { every, healthy, killOf, lengths, run, served, told, traffic } from './anatomy-events.ts'
import { container, happened, node, postgres, type Timed } from './events.ts'

const SERVICE = 'pg-one'

/** What was seen of faults, as `fault patroni1 down killed`, `ended patroni1`, `lifted patroni1 down`. */
function faults(...timed: Timed[]): string[] {
  const running: Timed = [20, container(SERVICE, 'running')]
  return run(healthy(), [running], timed).anatomy.observations.seen.flatMap((each: Observation) => {
    if (each.is === 'fault') return [`fault ${each.part} ${each.fault} ${each.how}`]
    if (each.is === 'lifted') return [`lifted ${each.part} ${each.fault}`]
    return each.is === 'ended' ? [`ended ${each.part}`] : []
  })
}

const about = { id: 'a', fault: 'kill', parts: ['patroni1'] }
const effects = ['takes-part-away', 'over-when-running'] as const
const requested = (atMs: number): Timed => [
  atMs,
  { type: 'fault.requested', ...about, target: 'leader', text: 'kill patroni1', effects },
]
const done = (atMs: number): Timed => [
  atMs,
  { type: 'fault.landed', ...about, text: 'was killed', effects, isSeenByDocker: true, fromMs: 990 },
]
const event = (atMs: number, action: string, signal?: number): Timed => [
  atMs,
  happened(SERVICE, action, signal === undefined ? {} : { signal }),
]

describe('a fault that lands', () => {
  it('is one fault, however many events confirm it', () => {
    const killed = [requested(990), event(1_000, 'kill', 9), event(1_020, 'die'), done(1_050)]
    expect(faults(...killed, [1_060, container(SERVICE, 'exited')], [6_100, container(SERVICE, 'exited')])).toEqual([
      'fault patroni1 down killed',
      'ended patroni1',
    ])
  })

  it('is not what was asked for: a request alone is none, nor one that failed', () => {
    const failed: Timed = [1_500, { type: 'fault.failed', ...about, error: 'no' }]
    expect(faults(requested(1_000), failed)).toEqual([])
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
      requested(990),
      event(1_000, 'kill', 15),
      event(1_300, 'die'),
      event(1_310, 'stop'),
      event(1_600, 'start'),
      event(1_610, 'restart'),
      done(1_700),
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
    expect(faults(requested(1_000), done(1_100))).toEqual(['fault patroni1 down killed'])
  })

  it('is learnt from the list of containers when nothing else told, with its time unknown by a resync', () => {
    const state = run(healthy(), [[20, container(SERVICE, 'running')]], [[9_000, container(SERVICE, 'exited')]])
    const [fault] = state.anatomy.observations.seen.filter((each) => each.is === 'fault')
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

  it('is no end of the container when the OOM killer took another process than its first', () => {
    const goesOn: Timed[] = [
      [2_000, container(SERVICE, 'running')],
      [7_000, container(SERVICE, 'running')],
    ]
    expect(faults(event(1_000, 'oom'), ...goesOn)).toEqual(['fault patroni1 oom other', 'lifted patroni1 oom'])
    const ended = faults(event(1_000, 'oom'), event(1_100, 'die'), event(2_000, 'start'))
    expect(ended).toEqual([
      'fault patroni1 oom other',
      'fault patroni1 down ended',
      'lifted patroni1 down',
      'lifted patroni1 oom',
    ])
    const { seen } = run(healthy(), [[20, container(SERVICE, 'running')]], [event(1_000, 'oom'), event(1_100, 'die')])
      .anatomy.observations
    expect(seen.filter((each) => each.is === 'fault').map((each) => each.text)).toEqual([
      'ran out of memory',
      'ran out of memory',
    ])
  })

  it('is over when the lab has healed it, even where the signal did not end the container', () => {
    const healed = (effects: readonly FaultEffect[]): Timed[] => {
      const about = { id: 'a', fault: 'any', parts: ['patroni1'] }
      return [
        [900, { type: 'fault.requested', ...about, target: 'patroni1', text: 'any', effects }],
        [3_000, { type: 'fault.healed', ...about }],
      ]
    }
    const signalled = event(1_000, 'kill', 3)
    expect(faults(signalled, ...healed(['over-when-running']))).toEqual([
      'fault patroni1 down stopped',
      'lifted patroni1 down',
    ])
    expect(faults(signalled, ...healed([]))).toEqual(['fault patroni1 down stopped'])
  })

  it('is none of the lab’s when its container stands behind no part', () => {
    expect(faults([1_000, happened('grafana', 'kill', { signal: 9 })])).toEqual([])
    const paused = { id: 'p', fault: 'any', parts: ['grafana'], text: 'was paused', isSeenByDocker: true } as const
    expect(faults([1_000, { type: 'fault.landed', ...paused, effects: ['takes-part-away'] }])).toEqual([])
  })
})

const landed = (fault: Partial<FaultLanded>): FaultLanded => ({
  type: 'fault.landed',
  fault: 'freeze-patroni',
  parts: ['patroni1'],
  text: 'had its Patroni frozen',
  ...fault,
})

describe('a frozen Patroni', () => {
  const frozen = (fault: Partial<FaultLanded>): Timed[][] => {
    const [base, , , ...rest] = killOf()
    const spans = [served(0, 6_500, 'patroni1'), served(23_000, 36_000, 'patroni2')]
    return [base ?? [], traffic(spans), [[2_000, landed(fault)]], ...rest.slice(2)]
  }

  it('is silent to etcd: its key expires by its ttl, and its clients are served until the proxy gives it up', () => {
    const [anatomy] = told(...frozen({ effects: ['freezes-patroni'] }))
    expect(anatomy).toMatchObject({ kind: 'failover', causes: [{ how: 'frozen' }] })
    expect(anatomy?.sentence).toMatch(
      /^patroni1 had its Patroni frozen: the leader key passed from patroni1 to patroni2/,
    )
    expect(lengths(anatomy?.before ?? [])).toEqual(['last-ack 4500'])
    expect(anatomy?.before[0]).toMatchObject({
      cause: { type: 'proxy-gives-up', check: { interSeconds: 1, times: 2 } },
      bounds: null,
    })
    expect(anatomy?.phases[0]).toMatchObject({ awaited: 'key-gone', cause: { type: 'ttl' }, isInside: true })
  })

  it('is told apart from a fault that leaves Patroni running: then nothing predicts when the key goes', () => {
    const [anatomy] = told(...frozen({}))
    expect(anatomy?.causes).toMatchObject([{ how: 'other' }])
    expect(anatomy?.phases[0]).toMatchObject({ awaited: 'key-gone', cause: null })
  })
})

describe('a fault that is over at once', () => {
  const killed = (fault: Partial<FaultLanded>): Timed[][] => [
    healthy(),
    traffic([served(0, 2_000, 'patroni1'), served(3_500, 6_000, 'patroni1')]),
    [
      [2_200, postgres('patroni1', 'ECONNREFUSED')],
      [3_250, postgres('patroni1', { isInRecovery: false, timeline: 4 })],
      [
        3_600,
        landed({
          fault: 'kill-postmaster',
          effects: ['restarts-postgres'],
          text: 'had its postmaster killed',
          isMomentary: true,
          ...fault,
        }),
      ],
      [3_601, { type: 'fault.healed', fault: 'kill-postmaster', parts: ['patroni1'], isMomentary: true }],
    ],
    every(2_100, 3_000, 500, node('patroni1', {})),
  ]

  it('is the cause of what came between its request and its proof', () => {
    const [anatomy] = told(...killed({ fromMs: 1_900 }))
    expect(anatomy?.sentence).toMatch(
      /^patroni1 had its postmaster killed: PostgreSQL on patroni1 was restarted in place/,
    )
  })

  it('is not the cause of what began before it was asked for', () => {
    const [anatomy] = told(...killed({ fromMs: 3_500 }))
    expect(anatomy?.causes).toEqual([])
  })

  it('brings nothing back when it is over', () => {
    const [anatomy] = told(...killed({ fromMs: 1_900 }))
    expect(anatomy?.moments.map(({ name }) => name)).not.toContain('lifted')
  })
})
