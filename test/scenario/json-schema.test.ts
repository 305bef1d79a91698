import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { targetSchema } from '../../src/faults/target.ts'
import { parseDuration, parseRate } from '../../src/model/units.ts'
import { parseBounds } from '../../src/report/expectation.ts'
import { figures } from '../../src/report/figures.ts'
import { parseScenario } from '../../src/scenario/read-scenario.ts'
import { faultKinds } from '../../src/systems/fault-kinds.ts'
import { scenarioJsonSchema } from '../docs/scenario-schema.ts'
import { stage } from './fixture.ts'

const root = path.resolve(import.meta.dirname, '..', '..')
const schema = scenarioJsonSchema()
const ajv = new Ajv2020({ allErrors: true, strict: false })
ajv.addSchema(schema, 'scenario')
const validate = ajv.getSchema('scenario')
const isValid = (part: string, value: unknown) => ajv.getSchema(`scenario#/$defs/${part}`)?.(value) === true

it('docs/scenario.schema.json is what the code says (update it with `npx vitest -u test/scenario`)', async () => {
  const file = path.join(root, 'docs', 'scenario.schema.json')
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file)
})

describe('it accepts', () => {
  const folder = path.join(root, 'hw3', 'scenarios')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'))

  it.each(files)('%s, which ships', (file) => {
    validate?.(parse(readFileSync(path.join(folder, file), 'utf8')))
    expect(validate?.errors).toBeNull()
  })

  it('settings and figures of one system of several', () => {
    const file = { name: 'x', cluster: { 'a.ttl': 20 }, steps: [{ hold: '1s' }], expect: { 'b.lost_writes': '= 0' } }
    validate?.(file)
    expect(validate?.errors).toBeNull()
    expect(validate?.({ ...file, cluster: { 'a.tll': 20 } })).toBe(false)
  })

  it.each([
    '  - wait: healthy',
    '  - { wait: { writes: stopped }, within: 2m }',
    '  - { inject: isolate, target: leader, from: etcd, direction: out, as: cut, for: 30s }',
    '  - { inject: partition, target: leader, groups: [[rest], patroni2+etcd1] }',
    '  - { inject: pause, target: "random(of: replicas, count: 2)" }',
    '  - { inject: pause, target: [leader, { random: { of: etcd } }] }',
    '  - { inject: patch-config, target: leader, ttl: 30, parameters: { work_mem: 8MB } }',
    '  - { traffic: { writes: 10, reads: 5/s, on: true } }',
    '  - { parallel: [{ hold: 1s }, [{ hold: 1s }, { look: at it }]] }',
    '  - { choose: [{ hold: 1s }, { hold: 2s }] }',
    '  - { every: 5s, for: 1m, steps: [{ hold: 1s }] }',
    '  - { inject: pause, target: leader, as: nap }\n  - { heal: nap }\n  - { heal: all }',
  ])('what the reader accepts: %s', (steps) => {
    const text = `name: x\nsteps:\n${steps}\n`
    parseScenario('file', text, stage)
    validate?.(parse(text))
    expect(validate?.errors).toBeNull()
  })
})

describe('it refuses', () => {
  it('the file with mistakes, at each of those that a schema can see', () => {
    const text = readFileSync(path.join(import.meta.dirname, 'mistakes.yaml'), 'utf8')
    expect(validate?.(parse(text))).toBe(false)
    const places = new Set(validate?.errors?.map(({ instancePath }) => instancePath))
    for (const place of ['/steps/0/hold', '/steps/4/signal', '/steps/7/wait', '/expect/lost_writes', '/repeat']) {
      expect([...places]).toContain(place)
    }
  })

  it.each([
    '  - { inject: explode, target: leader }',
    '  - { inject: pause }',
    '  - { inject: pause, target: leader, signal: KILL }',
    '  - { inject: pause, target: "; rm -rf /" }',
    '  - { inject: pause, target: leader, as: Nap }',
    '  - { hold: 5 minutes }',
    '  - { hold: 1s, wait: healthy }',
    '  - { parallel: [{ hold: 1s }] }',
    '  - { say: hello }',
    '  - hold',
    '  []',
  ])('what the reader refuses: %s', (steps) => {
    const text = `name: x\nsteps:\n${steps}\n`
    expect(() => parseScenario('file', text, stage)).toThrow()
    expect(validate?.(parse(text))).toBe(false)
  })
})

describe('its patterns agree with how it is read', () => {
  const texts = ['30s', ' 5 m ', '1.5h', '200ms', '5', '5 minutes', '-1s', '', 's', '1e3s', '0', '30 s', '1..5s']

  it.each(texts)('%j as a duration and as a rate', (text) => {
    expect(isValid('duration', text)).toBe(parseDuration(text) !== null)
    expect(isValid('rate', text)).toBe(parseRate(text) !== null)
  })

  it.each(['200/s', ' 200 / s', '200/m', '/s', '20.5/s'])('%j as a rate', (text) => {
    expect(isValid('rate', text)).toBe(parseRate(text) !== null)
  })

  it.each([
    '< 30s',
    '>= 5s and < 30s',
    '> 200ms, < 1s',
    '== 0',
    '0',
    '< 30',
    '> 0 and < 500',
    '=> 3',
    '< 3 and',
    '',
    '1 2',
    '3and 4',
  ])('%j as bounds', (text) => {
    expect(isValid('durationBounds', text)).toBe(!('error' in parseBounds(text, 'duration')))
    expect(isValid('countBounds', text)).toBe(!('error' in parseBounds(text, 'count')))
  })

  it.each([0, 3, 0.5, -1])('%d as bounds', (value) => {
    expect(isValid('durationBounds', value)).toBe(!('error' in parseBounds(value, 'duration')))
    expect(isValid('countBounds', value)).toBe(!('error' in parseBounds(value, 'count')))
  })

  it.each([
    'leader',
    'etcd-majority',
    'patroni2',
    'random(of: replicas, count: 2)',
    'all(leader, etcd1)',
    ['leader', 'etcd1'],
    { random: { of: 'replicas' } },
    { random: { of: { all: ['nodes'] }, count: 2 } },
    { all: [] },
    [],
    3,
    null,
    '../x',
    '$(id)',
    { random: 'leader' },
    { of: 'leader' },
  ])('%j as a target', (target) => {
    expect(isValid('target', target)).toBe(targetSchema.safeParse(target).success)
  })
})

it('has every fault with its own settings beside those of all injections', () => {
  const { anyOf } = (
    schema.$defs as { step: { anyOf: { properties: Record<string, { const?: string }>; required: string[] }[] } }
  ).step
  const injections = anyOf.filter(({ properties }) => properties.inject !== undefined)
  expect(injections.map(({ properties }) => properties.inject?.const)).toEqual(faultKinds.map(({ type }) => type))
  for (const { properties, required } of injections) {
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['inject', 'target', 'as', 'for']))
    expect(required.slice(0, 2)).toEqual(['inject', 'target'])
  }
})

it('has every figure, with what it is', () => {
  const { properties } = (schema.$defs as { expect: { properties: Record<string, { description: string }> } }).expect
  for (const { name, about } of figures) expect(properties[name]?.description).toContain(about)
})
