import { describe, expect, it } from 'vitest'
import { gaugesOf, roleOfPart, serverTimeline, sourcesOf } from '../../src/systems/default-report.ts'
import { events, postgres, type Timed } from '../model/events.ts'
import { bare, playBare } from './fake-system.ts'

const primary = postgres('one', { isInRecovery: false })
const standby = postgres('two', { isInRecovery: true })

describe('of a system that brings no gauges', () => {
  const told = (...timed: Timed[]) => gaugesOf(bare)[0]?.series(playBare(timed))

  it('who leads is told by its own word', () => {
    expect(told([100, primary], [100, standby])).toEqual([
      [{ member: 'one' }, 1],
      [{ member: 'two' }, 0],
    ])
  })

  it('nobody leads, and nobody does not, while no server is heard', () => {
    const nothing = [
      [{ member: 'one' }, null],
      [{ member: 'two' }, null],
    ]
    expect(told()).toEqual(nothing)
    const later: Timed = [20_000, { type: 'note', level: 'info', source: 'lab', text: 'time goes by' }]
    expect(told([100, primary], [100, standby], later)).toEqual(nothing)
  })

  it('the servers and the engine are asked, and whom it names besides', () => {
    const state = playBare([[100, primary]])
    const names = (system: typeof bare) => sourcesOf(system, state).map(({ source, target }) => `${source} ${target}`)
    expect(names(bare)).toEqual(['postgres one', 'postgres two', 'docker engine'])
    const own = { ...bare, sources: () => [{ source: 'proxy', target: 'proxy', seen: undefined }] }
    expect(names(own)).toEqual(['postgres one', 'postgres two', 'proxy proxy', 'docker engine'])
  })
})

describe('of a system that brings no time line', () => {
  it('each server has a row: primary, standby or unreachable', () => {
    const timed: Timed[] = [
      [100, primary],
      [200, standby],
      [300, postgres('one', 'ECONNREFUSED')],
    ]
    const told = events(timed).flatMap((event) =>
      serverTimeline.at(event, playBare(timed.filter(([atMs]) => atMs <= event.atMs))),
    )
    expect(told).toEqual([
      { kind: 'role', label: 'one', value: 'primary', look: 'primary' },
      { kind: 'role', label: 'two', value: 'standby', look: 'replica' },
      { kind: 'role', label: 'one', value: 'unreachable', look: 'unreachable' },
    ])
  })
})

describe('of a system that does not say what its parts are', () => {
  it('a server leads or follows, and of all else nothing is said', () => {
    const state = playBare([
      [100, primary],
      [100, standby],
    ])
    expect(['one', 'two', 'proxy'].map((part) => roleOfPart(bare, part, state))).toEqual(['leader', 'replica', null])
    expect(roleOfPart(bare, 'one', playBare([]))).toBeNull()
  })
})
