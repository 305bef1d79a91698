import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FileError, parseYaml, readYamlFile } from '../../src/lab/yaml-file.ts'
import { newFolder } from '../new-folder.ts'

const schema = z.strictObject({
  name: z.string(),
  nodes: z.array(z.strictObject({ name: z.string(), port: z.number() })).default([]),
  nested: z.strictObject({ deep: z.strictObject({ on: z.boolean() }) }).optional(),
})

function problemsOf(text: string): readonly string[] {
  try {
    parseYaml('lab.yaml', text, schema)
  } catch (error) {
    if (error instanceof FileError) return error.problems
    throw error
  }
  throw new Error('there was no mistake')
}

describe('a YAML file', () => {
  it('gives what the schema makes of it', () => {
    expect(parseYaml('lab.yaml', 'name: hw3\nnodes:\n  - {name: a, port: 1}\n', schema)).toEqual({
      name: 'hw3',
      nodes: [{ name: 'a', port: 1 }],
    })
  })

  it('tells all its mistakes at once, in the order of the lines', () => {
    const text = [
      'nodes:',
      '  - { name: a, port: one }',
      '  - name: b',
      '    prot: 2',
      '  - { name: 7, port: 3 }',
      'nested:',
      '  deep:',
      '    on: 1',
      'extra: true',
    ].join('\n')
    expect(problemsOf(text)).toEqual([
      'lab.yaml:1: name: missing (expected text)',
      'lab.yaml:2: nodes.0.port: expected a number, not text',
      'lab.yaml:3: nodes.1.port: missing (expected a number)',
      'lab.yaml:4: nodes.1.prot: unknown key; did you mean port?',
      'lab.yaml:5: nodes.2.name: expected text, not a number',
      'lab.yaml:8: nested.deep.on: expected true or false, not a number',
      'lab.yaml:9: extra: unknown key; there are name, nodes, nested',
    ])
  })

  it.each([
    ['an empty file', '', ['lab.yaml:1: the file is empty']],
    ['a list', '- 1\n', ['lab.yaml:1: expected keys with values, not a list']],
    ['a key without a value', 'name: a\nnested:\n', ['lab.yaml:2: nested: expected keys with values, not nothing']],
    ['a key without a name', 'name: a\n? \n: 1\n', ['lab.yaml:1: : unknown key; there are name, nodes, nested']],
    ['a key twice', 'name: a\nname: b\n', ['lab.yaml:2: Map keys must be unique']],
    ['a tab', '\tname: a\n', ['lab.yaml:1: Tabs are not allowed as indentation']],
    ['an unknown alias', 'name: *a\n', [expect.stringMatching(/^lab\.yaml: Unresolved alias/)]],
    [
      'a prototype',
      'name: a\n__proto__: {on: true}\n',
      ['lab.yaml:2: __proto__: unknown key; there are name, nodes, nested'],
    ],
    [
      'the merging of a map',
      'name: a\n<<: {on: true}\n',
      ['lab.yaml:2: <<: unknown key; there are name, nodes, nested'],
    ],
    [
      'a key that would command the terminal',
      'name: a\n"\\e[2J": 1\n',
      ['lab.yaml:2: ?[2J: unknown key; there are name, nodes, nested'],
    ],
    ['a list that holds itself', 'name: a\nnodes: &x [*x]\n', ['lab.yaml: nested too deeply, or an alias of itself']],
  ])('with %s is a mistake, not a crash', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems)
  })

  it('with several syntax errors tells each with its line', () => {
    const problems = problemsOf('name: [1\nnodes: "a\n')
    expect(problems.length).toBeGreaterThan(1)
    for (const problem of problems) expect(problem).toMatch(/^lab\.yaml:\d+: /)
  })

  it('of more than one document is refused', () => {
    expect(problemsOf('name: a\n---\nname: b\n')[0]).toMatch(/^lab\.yaml:2: Source contains multiple documents/)
  })

  it('that unfolds into millions is refused', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
    for (const [one, two] of ['ab', 'bc', 'cd', 'de', 'ef'])
      bomb.push(`${two}: &${two} [${Array(10).fill(`*${one}`).join(',')}]`)
    expect(problemsOf(bomb.join('\n'))).toEqual([expect.stringMatching(/^lab\.yaml: Excessive alias count/)])
  })

  it('runs no code by its tags', () => {
    expect(problemsOf('name: !!js/function "() => 1"\nnodes: !!python/object/apply:os.system ["true"]\n')).not.toEqual(
      [],
    )
  })

  it('is checked further once the schema is content, each problem with the line of its path', () => {
    const check = () =>
      parseYaml('lab.yaml', 'name: a\nnodes:\n  - name: b\n    port: 1\n', schema, (_parsed, problems) => {
        problems.push({ path: ['nodes', 0, 'port'], message: 'taken' }, { path: ['name'], message: 'short' })
      })
    expect(check).toThrow(new FileError(['lab.yaml:1: name: short', 'lab.yaml:4: nodes.0.port: taken']))
  })

  it('that cannot be read is named with the reason', async () => {
    const folder = newFolder()
    const absent = path.join(folder, 'absent.yaml')
    await expect(readYamlFile(absent, schema)).rejects.toThrow(new FileError([`${absent}: there is no such file`]))
    await expect(readYamlFile(folder, schema)).rejects.toThrow(
      new FileError([`${folder}: is a folder: name the files in it`]),
    )
    const file = path.join(folder, 'lab.yaml')
    await writeFile(file, '\uFEFFname: a\r\nnodes: []\r\n')
    await expect(readYamlFile(file, schema)).resolves.toEqual({ name: 'a', nodes: [] })
  })
})
