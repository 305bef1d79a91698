import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { commandWith } from '../../src/cli/command-with.ts'
import { formatPorts, listLab } from '../../src/cli/labs.ts'
import { defaultLab, labArgument, labFile, otherLabOf, shippedFiles, shippedLabs } from '../../src/cli/shipped-labs.ts'
import type { Neighbour } from '../../src/docker/neighbours.ts'
import { newFolder } from '../new-folder.ts'

let root: string
beforeEach(async () => {
  root = newFolder()
  for (const name of ['pair', 'sharded', 'node']) await mkdir(path.join(root, 'labs', name), { recursive: true })
  for (const name of ['sharded', 'pair']) await writeFile(path.join(root, 'labs', name, 'lab.yaml'), `name: ${name}\n`)
  await writeFile(path.join(root, 'labs', 'tsconfig.json'), '{}\n')
})
test('the labs that ship are the Patroni lab, by two names, and the folders of labs/ that hold a lab.yaml', () => {
  expect(shippedLabs(root).map(({ names }) => names)).toEqual([['hw3', 'patroni'], ['pair'], ['sharded']])
})

test('others of a lab beside its own definition ship as well, and may hold the ports of the next', async () => {
  await mkdir(path.join(root, 'hw3'))
  for (const file of ['hw3/lab.yaml', 'labs/pair/lab-fenced.yaml', 'labs/pair/other.yaml'])
    await writeFile(path.join(root, file), 'name: pair\n')
  expect(shippedFiles(root).map((file) => path.relative(root, path.resolve(file)))).toEqual([
    'hw3/lab.yaml',
    'labs/pair/lab.yaml',
    'labs/pair/lab-fenced.yaml',
    'labs/sharded/lab.yaml',
  ])
})

test('a lab is named by its name, by its folder, or by its file', async () => {
  const file = path.join(root, 'labs', 'pair', 'lab.yaml')
  expect(path.resolve(labFile('pair', root))).toBe(file)
  expect(labFile(path.join(root, 'labs', 'pair'), root)).toBe(file)
  expect(labFile(file, root)).toBe(file)
  expect(labFile('hw3')).toBe(defaultLab())
  expect(labFile('patroni')).toBe(defaultLab())
  expect(labFile('hw3/lab-bounded.yaml')).toBe('hw3/lab-bounded.yaml')
})

test('what looks like a path is one, and left to whoever reads it', () => {
  expect(labFile('nowhere.yaml', root)).toBe('nowhere.yaml')
  expect(labFile('no/where', root)).toBe('no/where')
  expect(labFile('src', root)).toBe('src')
})

test.each([
  ['pari', 'no such lab: pari; did you mean pair?'],
  ['patronni', 'no such lab: patronni; did you mean patroni?'],
  ['something', 'no such lab: something; there are hw3, patroni, pair, sharded'],
  ['node', 'no such lab: node; there are hw3, patroni, pair, sharded'],
])('the name %s is of none', (name, message) => {
  expect(() => labFile(name, root)).toThrow(message)
})

test('a command to be pasted names a lab as shortly as it can', () => {
  expect(commandWith(labFile('hw3'), 'up')).toBe('chaoslab up')
  expect(commandWith(path.resolve('hw3/lab.yaml'), 'up')).toBe('chaoslab up')
  expect(commandWith('hw3/lab-bounded.yaml', 'up')).toBe('chaoslab --lab hw3/lab-bounded.yaml up')
  expect(labArgument('mine.yaml')).toBe('mine.yaml')
})

test.each([
  ['labs/hosts/scenarios/sites-cut.yaml', 'hw3/lab.yaml', 'hosts'],
  ['hw3/scenarios/leader-killed.yaml', 'labs/pair/lab.yaml', 'hw3'],
  ['labs/hosts/scenarios/sites-cut.yaml', 'labs/hosts/lab.yaml', undefined],
  ['hw3/scenarios/leader-killed.yaml', 'hw3/lab-bounded.yaml', undefined],
  ['/tmp/mine.yaml', 'hw3/lab.yaml', undefined],
])('the scenario %s, run on %s, is one of another lab: %s', (scenario, lab, name) => {
  expect(otherLabOf(scenario, lab)?.names[0]).toBe(name)
})

test('every lab that ships says what it is and which ports it needs', async () => {
  for (const lab of shippedLabs()) {
    const { description, ports } = await listLab(lab, null)
    expect(description).toMatch(/\w/)
    expect(ports).not.toHaveLength(0)
  }
})

test('a lab is up while a container of its project runs, and whether it is is not known without an engine', async () => {
  const [lab] = shippedLabs()
  if (lab === undefined) throw new Error('no lab ships')
  expect(await listLab(lab, null)).toMatchObject({ isUp: null, runningContainers: null })
  expect(await listLab(lab, [containerOf('other'), containerOf(null)])).toMatchObject({ isUp: false })
  expect(await listLab(lab, [containerOf('hw3'), containerOf('other'), containerOf('hw3')])).toMatchObject({
    name: 'hw3',
    otherNames: ['patroni'],
    isDefault: true,
    isUp: true,
    runningContainers: 2,
    ports: [2341, 2342, 2343, 5001, 5002, 5441, 5442, 5443, 7001, 8041, 8042, 8043, 9090],
  })
})

test('ports that follow each other are told as a range', () => {
  expect(formatPorts([5001, 5002, 5430, 7001, 7002, 7003])).toBe('5001–5002, 5430, 7001–7003')
  expect(formatPorts([])).toBe('')
})

function containerOf(project: string | null): Neighbour {
  const compose = project === null ? null : { project, service: 'any' }
  return { name: 'any', compose, networks: [], addresses: [], ports: [] }
}
