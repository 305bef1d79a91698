import { describe, expect, it } from 'vitest'
import { applyPreset, presetOf } from '../../src/cli/up.ts'
import type { Progress } from '../../src/docker/progress.ts'
import { createLiveState } from '../../src/log/live-state.ts'
import { experimentOf, statusOf } from '../../src/systems/default-operation.ts'
import type { Tuning } from '../../src/systems/operated.ts'
import type { Place } from '../../src/systems/place.ts'
import { severalSystems } from '../../src/systems/several.ts'
import { acks, errs, postgres, probe, type Timed } from '../model/events.ts'
import { bare, playBare } from './fake-system.ts'

type Step = (detail: (text: string) => void) => Promise<unknown>

const well: Timed[] = [
  [100, postgres('one', { isInRecovery: false, timeline: 3, lsn: 50_331_744 })],
  [100, postgres('two', { isInRecovery: true, timeline: 3, lsn: 50_331_648 })],
]

describe('status of a system that says nothing of itself', () => {
  it('has its servers with role, timeline, position and lag', () => {
    const { json, lines } = statusOf(bare, playBare(well))
    expect(json).toEqual({
      servers: [
        { name: 'one', role: 'primary', timeline: 3, lsn: '0/3000060', lagBytes: null, error: null },
        { name: 'two', role: 'standby', timeline: 3, lsn: '0/3000000', lagBytes: 96, error: null },
      ],
    })
    expect(lines).toEqual([
      'primary: one',
      '  server  role     timeline  lsn        lag',
      '  one     primary  3         0/3000060',
      '  two     standby  3         0/3000000  96',
    ])
  })

  it('claims no lag behind two primaries, and no role of a server that does not answer', () => {
    const both = playBare([...well, [200, postgres('two', { isInRecovery: false, lsn: 1 })]])
    expect(statusOf(bare, both).json.servers).toMatchObject([{ lagBytes: null }, { lagBytes: null }])
    expect(statusOf(bare, both).lines[0]).toBe('primary: one, two')
    const gone = playBare([[100, postgres('one', 'ECONNREFUSED')]])
    expect(statusOf(bare, gone).json.servers).toMatchObject([{ role: null, error: 'ECONNREFUSED' }, { role: null }])
    expect(statusOf(bare, gone).lines[2]).toContain('unreachable (ECONNREFUSED)')
  })
})

describe('the first experiment of a system that names none', () => {
  const experiment = experimentOf(bare)

  it('kills whom the system calls the primary', () => {
    expect(experiment.fault(playBare(well))).toMatchObject({
      kind: { type: 'kill' },
      target: { type: 'name', name: 'one' },
      name: 'one',
    })
  })

  it('is over when another one leads and writes are acknowledged again, and not before', () => {
    const struck = { part: 'one', atMs: 1_000 }
    const outage: Timed[] = [
      [1_000, probe(acks(800, 1_000, 'one'))],
      [1_600, probe(errs(1_020, 1_600))],
      [1_600, postgres('one', 'ECONNREFUSED')],
    ]
    const promoted: Timed = [2_000, postgres('two', { isInRecovery: false })]
    const served: Timed = [9_000, probe(acks(3_000, 9_000, 'two'))]
    const lost: Timed = [1_700, postgres('one', { isInRecovery: true })]
    const isOver = (...timed: Timed[]) => experiment.isOver(playBare(timed), struck)
    expect(isOver(...well, ...outage)).toBe(false)
    expect(isOver(...well, ...outage, lost, promoted)).toBe(false)
    expect(isOver(...well, ...outage, lost, promoted, served)).toBe(true)
  })
})

describe('a preset', () => {
  const tuning: Tuning = {
    presets: ['slow', 'quick'],
    describe: () => '',
    variables: () => ({}),
    isSet: () => true,
    timing: () => ({}),
  }

  it('is one that the system has, and the first unless it is said otherwise', () => {
    expect(presetOf({ type: 'bare', tuning }, 'two', undefined)?.name).toBe('slow')
    expect(presetOf({ type: 'bare', tuning }, 'two', 'quick')?.name).toBe('quick')
    expect(() => presetOf({ type: 'bare', tuning }, 'two', 'quik')).toThrow(
      'two: there is no preset quik; did you mean quick?',
    )
  })

  it('is refused in one line where there is none, and not missed', () => {
    expect(presetOf(bare, 'two', undefined)).toBeNull()
    expect(() => presetOf(bare, 'two', 'fast')).toThrow(
      'two: there is no preset fast: a lab of bare has no presets, bring it up without --preset',
    )
  })

  it('of several systems is that of those that have any: it is not awaited of the others', () => {
    const isSetIn = (...known: readonly (boolean | null)[]) => {
      const timed = known.map((isSet, index) => [`t${index}`, { ...bare, tuning: { ...tuning, isSet: () => isSet } }])
      const { tuning: ofAll } = severalSystems({ untimed: bare, ...Object.fromEntries(timed) })
      return ofAll?.isSet('slow', playBare([]))
    }
    expect(isSetIn(true, true)).toBe(true)
    expect(isSetIn(true, false)).toBe(false)
    expect(isSetIn(true, null)).toBeNull()
    expect(isSetIn()).toBeUndefined()
  })

  describe.each([
    ['nobody says what the cluster has', null, 'the timing of the cluster could not be read'],
    ['the cluster does not take it', false, 'the cluster has not taken over the new timing'],
  ])('is not waited for without end where %s', (_, isSet, why) => {
    it('says so under a title of its own', async () => {
      const live = createLiveState({ initial: playBare([]), reduce: (state) => state, isUrgent: () => false })
      const titles: string[] = []
      const step = (title: string, work: Step) => {
        titles.push(title)
        return work(() => {})
      }
      const progress = { say() {}, step } as Progress
      const preset = { name: 'slow', tuning: { ...tuning, isSet: () => isSet } }
      const lab = { live, definition: { place: {} as Place } }
      await expect(applyPreset(lab, preset, progress, new AbortController().signal, 1)).rejects.toThrow(why)
      expect(titles).toEqual(['timing: slow ()'])
    })
  })
})
