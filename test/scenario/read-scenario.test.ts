import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FileError } from '../../src/lab/yaml-file.ts'
import { parseScenario, readScenario } from '../../src/scenario/read-scenario.ts'
import { describeStep } from '../../src/scenario/scenario.ts'
import type { Stage } from '../../src/scenario/stage.ts'
import { pair } from '../../src/systems/pair/system.ts'
import { patroni } from '../../src/systems/patroni/system.ts'
import { workloadTypes } from '../../src/workloads/workloads.ts'
import { bare } from '../systems/fake-system.ts'
import { scenario, stage } from './fixture.ts'

const root = path.resolve(import.meta.dirname, '..', '..')
const mistakes = path.join(import.meta.dirname, 'mistakes.yaml')

function problems(text: string, on: Stage = stage): readonly string[] {
  try {
    parseScenario('file', text, on)
  } catch (error) {
    if (error instanceof FileError) return error.problems
    throw error
  }
  return []
}

/** A scenario that is right but for this. */
function wrong(more: { readonly steps?: string; readonly rest?: string }, on?: Stage): readonly string[] {
  return problems(`name: a test\nsteps:\n${more.steps ?? '  - hold: 1s'}\n${more.rest ?? ''}\n`, on)
}

const both: Stage = { ...stage, endpoints: 2 }

describe('the scenarios that ship', () => {
  const folder = path.join(root, 'hw3', 'scenarios')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'))

  it.each(files)('%s is right, and names its schema for editors', async (file) => {
    const whole = path.join(folder, file)
    const { steps, name } = await readScenario(whole, both)
    expect(name).not.toBe('')
    for (const step of steps) expect(describeStep(step)).not.toMatch(/undefined|NaN|\[object/)
    const [first = ''] = readFileSync(whole, 'utf8').split('\n')
    const schema = path.relative(path.dirname(whole), path.join(root, 'docs', 'scenario.schema.json'))
    expect(first).toBe(`# yaml-language-server: $schema=${schema}`)
  })
})

describe('a file with mistakes', () => {
  const told = problems(readFileSync(mistakes, 'utf8'))

  it.each([
    ['1: name', 'expected a name'],
    ['2: descripton', 'unknown key; did you mean description?'],
    ['3: cluster.synchronous_mode', 'expected true or false'],
    ['4: traffic.writes', 'expected a rate'],
    ['6: steps.0.hold', 'expected a duration'],
    ['7: steps.1.inject', 'there is no such fault; there are stop, kill'],
    ['10: steps.2.target', 'leeder is no part of this lab; did you mean leader?'],
    ['14: steps.3.as', 'nap is taken by an earlier step'],
    ['17: steps.4.signal', 'HUP'],
    ['18: steps.5.heal', 'no fault before this step is called cut (there is nap'],
    ['19: steps.6.wait.leader', 'patroni9 is no node of this lab; did you mean patroni1?'],
    ['20: steps.7.wait', 'expected healthy'],
    ['21: steps.8.hold', 'a step does one thing'],
    ['23: steps.9.parallel', 'at least two branches'],
    ['27: steps.10.steps', 'at least one step'],
    ['28: steps.11', 'expected a step with one of wait, hold'],
    ['30: expect.lost_writse', 'there is no such figure; did you mean lost_writes?'],
    ['31: expect.lost_writes', 'bounds of a count'],
    ['32: expect.write_outage', 'bounds of a duration'],
    ['33: expect.read_outage.p42', 'unknown key; there are each, min, p50'],
    ['34: repeat', '1'],
  ])('tells of the one in line %s in the same go as of all others', (place, what) => {
    const line = told.find((each) => each.startsWith(`file:${place}`))
    expect(line, told.join('\n')).toContain(what)
  })

  it('tells them in the order of the file, and nothing else', () => {
    const lines = told.map((each) => Number(each.split(':')[1]))
    expect(lines).toEqual(lines.toSorted((a, b) => a - b))
    expect(told.length).toBeLessThan(25)
  })
})

describe('the workload', () => {
  it('is one that there is', () => {
    expect(wrong({ rest: 'workload: bank' })).toEqual([
      `file:4: workload: there is no such workload; expected one of ${workloadTypes.join(', ')}`,
    ])
    expect(scenario('workload: list-append').workload).toBe('list-append')
    expect(scenario().workload).toBeUndefined()
  })
})

describe('tags', () => {
  it('are free words, none by default', () => {
    expect(scenario().tags).toEqual([])
    expect(scenario('tags: [homework, leader killed]').tags).toEqual(['homework', 'leader killed'])
    expect(wrong({ rest: 'tags: homework' })).toEqual(['file:4: tags: expected a list, not text'])
  })

  it('take the place of a question, as one line says', () => {
    expect(wrong({ rest: 'question: leader-killed' })).toEqual([
      'file:4: question: is no longer known; write tags: [leader-killed]',
    ])
    expect(wrong({ rest: 'frobnicate: 1' })[0]).toContain('there are name, description, tags, cluster,')
  })
})

describe('what several places have to agree on', () => {
  it.each([
    ['  - heal: nap\n  - { inject: pause, target: leader, as: nap }', 'no fault before this step is called nap'],
    ['  - { inject: pause, target: haproxy }\n  - { inject: kill-postmaster, target: etcd1 }', 'cannot be aimed at'],
    ['  - { inject: pause, target: leader, as: all }', 'take another name'],
    ['  - { inject: pause, target: leader, as: Nap }', 'small letters'],
    ['  - { inject: pause }', 'target'],
    ['  - { inject: pause, target: leader, signal: KILL }', 'unknown key'],
    ['  - { hold: 1s, for: 2s }', 'unknown key'],
    ['  - { hold: 25h }', 'up to 24h'],
    ['  - { traffic: {} }', 'expected writes, reads or on'],
    ['  - { traffic: { writes: 50000/s } }', 'up to 20000/s'],
    ['  - parallel: [{ hold: 1s }, { inject: pause, target: nobody }]', 'nobody is no part of this lab'],
    ['  - choose: [{ hold: 1s }, [{ hold: 1s }, { heal: gone }]]', 'no fault before this step is called gone'],
  ])('%s', (steps, what) => {
    expect(wrong({ steps }).join('\n')).toContain(what)
  })

  it.each([
    ['expect: { write_outage: { p50: "< 3" } }', 'bounds of a duration'],
    ['expect: { lost_writes: {} }', 'bounds by each'],
    ['expect: { lost_writes: [0] }', 'bounds by each'],
    ['cluster: { ttl: 20, loop_wait: 10, retry_timeout: 10 }', 'more than ttl'],
    ['traffic: { endpoints: all }', 'one address for clients'],
    ['traffic: { pipeline: 65 }', 'up to 64 statements'],
    ['traffic: { pipeline: 0 }', 'traffic.pipeline'],
  ])('%s', (rest, what) => {
    expect(wrong({ rest }).join('\n')).toContain(what)
  })

  it('clients can run at the sites and hosts that have a way in, once on each', () => {
    const rest = (from: string) => ({ rest: `traffic: { from: ${from} }` })
    const places = [
      { from: 'east', hosts: ['host1', 'host2'] },
      { from: 'west', hosts: ['host3'] },
      { from: 'host1', hosts: ['host1'] },
    ]
    const onHosts: Stage = { ...stage, places }
    expect(wrong(rest('[west, host1]'), onHosts)).toEqual([])
    for (const twice of ['[east, host1]', '[host1, east]', '[east, east]']) {
      expect(wrong(rest(twice), onHosts)).toEqual([expect.stringContaining('shares a host with')])
    }
    expect(wrong(rest('[east, wets]'), onHosts)).toEqual([expect.stringContaining('did you mean west?')])
    expect(wrong(rest('[east]'), stage)).toEqual([expect.stringContaining('this lab is on no hosts of its own')])
  })

  it('with a second proxy both endpoints can be asked for', () => {
    expect(wrong({ rest: 'traffic: { endpoints: all }' }, both)).toEqual([])
  })
})

describe('a word that is nearly right is told with the one that was meant', () => {
  it.each([
    ['  - { inject: puase, target: leader }', 'there is no such fault; did you mean pause?'],
    ['  - { inject: pause, target: master }', 'master is no part of this lab; did you mean leader?'],
    ['  - { inject: pause, target: standby }', 'standby is no part of this lab; did you mean replica?'],
    ['  - { inject: pause, target: patroni22 }', 'patroni22 is no part of this lab; did you mean patroni2?'],
    [
      '  - { inject: pause, target: postgres }',
      'postgres is no part of this lab; there are the roles leader, replica,',
    ],
    ['  - { inject: pause, traget: leader }', 'unknown key; did you mean target?'],
    ['  - { inject: loss, target: leader, precent: 5 }', 'unknown key; did you mean percent?'],
    ['  - { inject: pause, target: leader, asd: x, length: 3 }', 'unknown key; there are'],
    ['  - { wiat: healthy }', 'did you mean wait?'],
    ['  - { wait: helthy }', 'did you mean healthy?'],
    ['  - { wait: { leadr: changed } }', 'did you mean leader?'],
    ['  - { wait: { leader: chnaged } }', 'did you mean changed?'],
    ['  - { wait: { writes: flow } }', 'expected { writes: flowing | stopped }'],
    ['  - { wait: healthy, witin: 3s }', 'unknown key; did you mean within?'],
    ['  - { inject: pause, target: leader, as: cut }\n  - { heal: cutt }', 'did you mean cut?'],
  ])('%s', (steps, what) => {
    expect(wrong({ steps }).join('\n')).toContain(what)
  })

  it('in the sections too', () => {
    expect(wrong({ rest: 'cluster: { synchronous_mod: true }' }).join()).toContain('did you mean synchronous_mode?')
    expect(wrong({ rest: 'traffic: { write: 5/s }' }).join()).toContain('did you mean writes?')
    expect(wrong({ rest: 'traffik: { writes: 5/s }' }).join()).toContain('did you mean traffic?')
  })
})

describe('hostile values', () => {
  const HOSTILE = ['; rm -rf /', '../../etc/passwd', '$(reboot)', 'leader\\nkill', '-v', '', 'a b']

  it.each(HOSTILE)('%j is no target, no name, no fault, no node, no setting', (value) => {
    const quoted = JSON.stringify(value)
    for (const steps of [
      `  - { inject: pause, target: ${quoted} }`,
      `  - { inject: pause, target: { random: { of: ${quoted} } } }`,
      `  - { inject: pause, target: leader, as: ${quoted} }`,
      `  - { inject: ${quoted}, target: leader }`,
      `  - { wait: { leader: ${quoted} } }`,
      `  - { heal: ${quoted} }`,
      `  - { inject: isolate, target: leader, from: [${quoted}] }`,
      `  - { inject: kill, target: leader, signal: ${quoted} }`,
    ]) {
      expect(wrong({ steps }), steps).not.toEqual([])
    }
  })

  it.each(['hw3_patroni1_1', 'postgres', '/var/run/docker.sock', 'host'])(
    '%s is no part of the lab, whatever runs beside it',
    (target) => {
      expect(wrong({ steps: `  - { inject: pause, target: ${target} }` })).not.toEqual([])
    },
  )

  it.each(['__proto__', 'constructor', 'toString', 'prototype', 'hasOwnProperty'])(
    '%s is no figure, no fault, no quantile, no key',
    (name) => {
      expect(wrong({ rest: `expect: { ${name}: 0 }` }).join('\n')).toContain(`expect.${name}: there is no such figure`)
      expect(wrong({ rest: `expect: { lost_writes: { ${name}: 0 } }` })).not.toEqual([])
      expect(wrong({ rest: `expect: { lost_writes: { each: 0, ${name}: 0 } }` })).not.toEqual([])
      expect(wrong({ rest: `${name}: {}` })).not.toEqual([])
      expect(wrong({ rest: `cluster: { ${name}: 1 }` })).not.toEqual([])
      expect(wrong({ steps: `  - { inject: ${name}, target: leader }` })).not.toEqual([])
      expect(wrong({ steps: `  - { inject: pause, target: ${name} }` })).not.toEqual([])
      expect(wrong({ steps: `  - { inject: pause, target: leader, ${name}: 1 }` })).not.toEqual([])
      expect(wrong({ steps: `  - { ${name}: 1s }` })).not.toEqual([])
      expect(wrong({ steps: `  - { hold: 1s, ${name}: 1s }` })).not.toEqual([])
      expect(Object.keys(Object.prototype)).toEqual([])
    },
  )

  it('an alias that stands for a thousand million steps is refused in no time', () => {
    const levels = Array.from({ length: 9 }, (_, index) => {
      const item = index === 0 ? '{ hold: 1s }' : `*a${index - 1}`
      return `a${index}: &a${index} [${Array(10).fill(item).join(', ')}]`
    })
    const told = problems(`name: bomb\n${levels.join('\n')}\nsteps: *a8\n`)
    expect(told.join('\n')).toMatch(/alias/i)
  })

  it.each([
    ['an alias of itself', 'name: x\nsteps: &s [{ parallel: [*s, *s] }]\n'],
    [
      'steps within steps without end',
      `name: x\nsteps: ${'[{ parallel: [{ hold: 1s }, '.repeat(500)}{ hold: 1s }${']}]'.repeat(500)}\n`,
    ],
    ['a tag', 'name: !!js/function x\nsteps: [{ hold: !!binary 1s }]\n'],
    ['no map at all', '- 1\n'],
    ['nothing', ''],
    ['two documents', 'name: x\n---\nname: y\n'],
    ['a key twice', 'name: x\nname: y\nsteps: [{ hold: 1s }]\n'],
    ['binary', '\u0000\u0001\u0002'],
    ['a merge of what is not there', 'name: x\n<<: *nobody\nsteps: [{ hold: 1s }]\n'],
    ['ten thousand lists in each other', `name: x\nsteps: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`],
  ])('%s is refused in a line that tells where', (_, text) => {
    const told = problems(text)
    expect(told.length).toBeGreaterThan(0)
    for (const each of told) expect(each).toMatch(/^file(:\d+)?: /)
  })
})

it('a file that cannot be read is told in a line', async () => {
  await expect(readScenario('/nowhere/x.yaml', stage)).rejects.toThrow('/nowhere/x.yaml: there is no such file')
})

describe('in a lab of a system that brings nothing of its own', () => {
  const other: Stage = { ...stage, systems: [bare] }

  it('what only other systems know is refused, and whose it is is said', () => {
    expect(wrong({ steps: '  - wait: { quorum: true }' }, other)).toEqual([
      'file:3: steps.0.wait.quorum: quorum is of patroni, and this is a lab of bare',
    ])
    expect(wrong({ steps: '  - { inject: switchover, target: leader }' }, other)).toEqual([
      'file:3: steps.0.inject: switchover is of patroni, and this is a lab of bare',
    ])
    expect(wrong({ rest: 'cluster: { ttl: 30 }' }, other)).toEqual([
      'file:4: cluster: a lab of bare has no settings that a scenario could change',
    ])
  })

  it('what any system knows is taken', () => {
    expect(wrong({ steps: '  - wait: healthy\n  - { inject: kill, target: leader, as: it }' }, other)).toEqual([])
  })

  it('one that takes settings has its own alone', () => {
    const own = {
      ...bare,
      clusterSettings: { shape: { lag: z.int() }, problems: () => [], plan: async () => null, isInForce: () => true },
    }
    expect(wrong({ rest: 'cluster: { ttl: 30 }' }, { ...stage, systems: [own] })).toEqual([
      'file:4: cluster.ttl: there is no such setting; there are lag',
    ])
  })
})

describe('settings in a lab of several systems', () => {
  const several = { ...stage, instances: ['a', 'b'], systems: [patroni, pair] }

  it('are those of the system that each names', () => {
    expect(wrong({ rest: 'cluster: { a.ttl: 20, a.synchronous_mode: true }' }, several)).toEqual([])
  })

  it.each([
    ['cluster: { ttl: 20 }', 'cluster.ttl: of which system? a.ttl | b.ttl'],
    ['cluster: { c.ttl: 20 }', 'cluster.c.ttl: there is no system c; there are a, b'],
    ['cluster: { b.ttl: 20 }', 'cluster: a lab of pair has no settings that a scenario could change'],
    ['cluster: { a.ttl: soon }', 'cluster.a.ttl: expected a number'],
    ['cluster: { a.tll: 20 }', 'cluster.a.tll: unknown key'],
    ['cluster: { a.ttl: 20, a.loop_wait: 10, a.retry_timeout: 10 }', 'cluster.a.ttl: loop_wait + 2 × retry_timeout'],
  ])('%s is refused: %s', (rest, message) => {
    expect(wrong({ rest }, several).join('\n')).toContain(message)
  })

  it('are not named so where there is but one', () => {
    expect(wrong({ rest: 'cluster: { a.ttl: 20 }' }).join()).toContain('this lab has but one system')
  })
})
