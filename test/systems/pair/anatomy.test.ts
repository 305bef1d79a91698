import { describe, expect, it } from 'vitest'
import type { Anatomy } from '../../../src/model/explained.ts'
import { systemOf } from '../../../src/systems/systems.ts'
import { at } from '../story.ts'
import {
  container,
  happened,
  postgres,
  postgresFails,
  primaryAt,
  probes,
  promoted,
  settings,
  standbyAt,
  status,
  statusFails,
  story,
  whole,
} from './story.ts'

const awaited = (anatomy: Anatomy | undefined) => anatomy?.phases.map((phase) => phase.awaited)
const killed = [
  happened(10_000, 'my_primary', 'kill', 9),
  happened(10_020, 'my_primary', 'die'),
  container(10_050, 'my_primary', 'exited'),
]

describe('an outage by the naive rule', () => {
  const state = story(
    whole(100),
    probes(5_000, 10_000, 'my_primary'),
    killed,
    postgresFails(10_200, 'my_primary'),
    status(10_000),
    status(10_250, promoted()),
    probes(10_000, 10_400, null),
    probes(10_400, 13_000, 'my_standby'),
    postgres(10_600, 'my_standby', false, 2),
  )
  const [anatomy] = state.anatomy.ended

  it('goes from the last acknowledgement over the decision and the promotion to the first one, without a gap', () => {
    expect(awaited(anatomy)).toEqual(['key-taken', 'promoted', 'first-ack'])
    const phases = anatomy?.phases ?? []
    const sum = phases.reduce((all, { startMs, endMs }) => all + (endMs ?? 0) - startMs, 0)
    expect(sum).toBe((anatomy?.endMs ?? 0) - (anatomy?.startMs ?? 0))
    expect(phases.map(({ isInside }) => isInside)).toEqual([true, true, true])
  })

  it('is told with its fault, its rule and its proof', () => {
    expect(anatomy).toMatchObject({ kind: 'failover', from: 'my_primary', to: 'my_standby' })
    expect(anatomy?.sentence).toBe(
      'my_primary was killed: the proxy gave the lead to my_standby, as a session broke (57P01); clients could not write for 420 ms.',
    )
    const { words } = systemOf(state.lab)
    expect(words.tellAnatomy(anatomy as Anatomy).join('\n')).toContain(
      'proxy at 00:10.1: leads to my_standby from now on: a session broke (57P01)',
    )
  })

  it('is told of the failover, and of nothing beside', () => {
    expect(state.anatomy.ended).toHaveLength(1)
    expect(state.failovers[0]?.outage).toBe(state.outages[0])
  })

  it('waits for the old primary afterwards, which never streams', () => {
    expect(anatomy?.after.map(({ awaited, endMs }) => [awaited, endMs])).toEqual([['streaming', null]])
  })
})

describe('an outage by the fenced rule', () => {
  const why = { type: 'silent', checks: 4, forMs: 3_000 } as const
  const change = { ...promoted({ at: at(13_900), why }), rule: 'fenced', settings } as const
  const state = story(
    whole(100),
    status(200, { rule: 'fenced', settings }),
    probes(5_000, 10_000, 'my_primary'),
    killed,
    status(13_750, { rule: 'fenced', settings }),
    status(14_250, change),
    probes(10_000, 14_200, null),
    probes(14_200, 16_500, 'my_standby'),
    postgres(14_300, 'my_standby', false, 2),
    primaryAt(14_300, 'my_standby', 2_000),
    container(20_000, 'my_primary', 'running'),
    postgres(21_000, 'my_primary', true, 2),
    standbyAt(21_100, 'my_primary', 2_000),
  )
  const [anatomy] = state.anatomy.ended

  it('begins with the first of the failed checks', () => {
    expect(awaited(anatomy)).toEqual(['silent', 'key-taken', 'promoted', 'first-ack'])
    expect(anatomy?.phases.map(({ endMs }) => endMs)).toEqual([10_900, 13_900, 14_100, 14_220])
    expect(anatomy?.phases.every(({ isInside }) => isInside)).toBe(true)
  })

  it('ends with the old primary as a standby, and both healthy', () => {
    expect(anatomy?.after.map(({ awaited, endMs }) => [awaited, endMs])).toEqual([
      ['streaming', 21_100],
      ['healthy', 21_100],
    ])
  })

  it('is as sharp as the probe that clocked it', () => {
    const slow = (events: ReturnType<typeof probes>) =>
      events.map(([atMs, body]) => [atMs, body.type === 'probe' ? { ...body, intervalMs: 200 } : body] as const)
    const { ended } = story(
      whole(100),
      status(200, { rule: 'fenced', settings }),
      slow(probes(5_000, 10_000, 'my_primary')),
      killed,
      status(14_250, change),
      slow(probes(10_000, 14_200, null)),
      slow(probes(14_200, 16_500, 'my_standby')),
      postgres(14_300, 'my_standby', false, 2),
    ).anatomy
    expect([ended[0]?.resolutionMs, ended[0]?.phases.at(-1)?.cause]).toEqual([200, { type: 'reconnect', everyMs: 200 }])
  })

  it('is called not as predicted when the checks took longer than the settings allow', () => {
    const late = { ...promoted({ at: at(19_900), why: { ...why, forMs: 9_000 } }), rule: 'fenced', settings } as const
    const slow = story(
      whole(100),
      status(200, { rule: 'fenced', settings }),
      probes(5_000, 10_000, 'my_primary'),
      killed,
      status(19_750, { rule: 'fenced', settings }),
      status(20_250, late),
      probes(10_000, 20_200, null),
      probes(20_200, 22_500, 'my_standby'),
    )
    const phase = slow.anatomy.ended[0]?.phases.find((each) => each.awaited === 'key-taken')
    expect(phase?.isInside).toBe(false)
  })
})

describe('other outages', () => {
  it('without the proxy are the proxy’s', () => {
    const state = story(
      whole(100),
      status(10_000),
      probes(5_000, 10_000, 'my_primary'),
      happened(10_000, 'proxy', 'kill', 9),
      statusFails(10_100),
      probes(10_000, 13_000, null),
      status(13_000),
      probes(13_000, 15_000, 'my_primary'),
    )
    expect(state.anatomy.ended[0]).toMatchObject({ kind: 'proxy-down', from: 'my_primary', to: 'my_primary' })
    expect(awaited(state.anatomy.ended[0])).toEqual(['proxy-back', 'first-ack'])
  })

  it('of a paused primary that nobody replaced say that it stayed the leader', () => {
    const state = story(
      whole(100),
      status(200, { rule: 'fenced', settings }),
      probes(5_000, 10_000, 'my_primary'),
      happened(10_000, 'my_primary', 'pause'),
      probes(10_000, 12_000, null),
      happened(12_000, 'my_primary', 'unpause'),
      probes(12_000, 14_000, 'my_primary'),
    )
    expect(state.anatomy.ended[0]?.sentence).toBe(
      'my_primary was paused for 2.00 s: my_primary stayed the leader, and clients could not write for 2.02 s.',
    )
  })

  it('that nothing explains are called unexplained', () => {
    const state = story(
      whole(100),
      probes(5_000, 10_000, 'my_primary'),
      probes(10_000, 11_000, null),
      probes(11_000, 13_000, 'my_primary'),
    )
    expect(state.anatomy.ended[0]).toMatchObject({ kind: 'unknown' })
    expect(state.anatomy.ended[0]?.sentence).toContain('Nothing that was seen explains it.')
  })

  it('that go on say what they wait for', () => {
    const state = story(
      whole(100),
      status(200, { rule: 'fenced', settings }),
      probes(5_000, 10_000, 'my_primary'),
      killed,
      probes(10_000, 11_000, null),
    )
    expect(awaited(state.anatomy.open[0])).toEqual(['key-taken'])
    expect(state.anatomy.open[0]?.phases[0]?.bounds?.maxMs).toBeGreaterThan(6_000)
  })
})

describe('a promotion that no client noticed', () => {
  it('is told by itself, from the decision to the promotion', () => {
    const state = story(
      whole(100),
      status(10_000),
      status(10_250, promoted()),
      postgres(10_300, 'my_primary', false),
      postgres(10_550, 'my_primary', false),
    )
    expect(state.anatomy.ended).toHaveLength(1)
    expect(state.anatomy.ended[0]?.sentence).toBe(
      'The proxy gave the lead to my_standby, as a session broke (57P01); no client was there to notice. my_primary still took writes: the promotion of my_standby was a false one.',
    )
  })
})
