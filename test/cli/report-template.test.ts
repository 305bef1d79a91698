import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { report } from '../../src/cli/report.ts'
import { writeSuite } from '../../src/report/write-report.ts'
import { newFolder } from '../new-folder.ts'
import { suite } from '../report/suite-fixture.ts'

let folder = ''
beforeAll(async () => {
  folder = newFolder()
  await writeSuite(folder, suite)
})
async function template(text: string): Promise<string> {
  const file = path.join(folder, `template-${text.length}.mjs`)
  await writeFile(file, text)
  return file
}

it('makes a text of what a suite kept by a module of the user', async () => {
  const out = path.join(folder, 'out.md')
  const file = await template('export default ({ scenarios }) => scenarios.map(({ name }) => name).join()')
  await report(folder, { template: file, out })
  expect(await readFile(out, 'utf8')).toBe(suite.scenarios.map(({ name }) => name).join())
})

it.each([
  ['export const nothing = 1', /template-\d+\.mjs: exports no function by default$/],
  ['export default () => 42', /: its function returns no text$/],
  ['export default () => { throw new Error("no words for sunspots") }', /\.mjs: no words for sunspots$/],
  ['export default (', /: cannot be loaded \(/],
])('says in one line what is wrong with a template: %s', async (text, message) => {
  const out = path.join(folder, 'never.md')
  await expect(report(folder, { template: await template(text), out })).rejects.toThrow(message)
  await expect(readFile(out)).rejects.toThrow('ENOENT')
})

it('says of a folder without a suite that there is nothing to fill a template from', async () => {
  const file = await template('export default () => ""')
  await expect(report(tmpdir(), { template: file })).rejects.toThrow('holds no suite.json')
  await expect(report(folder, { out: 'anything.md' })).rejects.toThrow('--out is for what --template makes')
})
