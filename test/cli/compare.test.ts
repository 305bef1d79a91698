import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { type ComparedRun, readSource, sideBySide } from '../../src/cli/compare.ts'
import { createRecording } from '../../src/log/recording.ts'
import type { Compared } from '../../src/report/comparison.ts'
import { newFolder } from '../new-folder.ts'
import { healthyRun } from '../report/fixture.ts'
import { suite } from '../report/suite-fixture.ts'

let folder: string
beforeEach(() => {
  folder = newFolder()
})
async function record(...names: string[]): Promise<string> {
  const run = path.join(folder, ...names)
  await mkdir(run, { recursive: true })
  const recording = createRecording(path.join(run, 'events.ndjson'), () => {})
  for (const event of healthyRun()) recording.onEvent(event)
  await recording.close()
  return run
}

test('a run is a column, by its own name or by the one that it is given', async () => {
  const run = await record('2026-03-01T09-30-00-leader-killed')
  expect(await readSource(run)).toMatchObject({ name: null, columns: [{ label: 'leader-killed', folder: run }] })
  expect(await readSource(`naive=${run}`)).toMatchObject({ name: 'naive', columns: [{ folder: run }] })
  const odd = await record('a=b')
  expect(await readSource(odd)).toMatchObject({ name: null, columns: [{ folder: odd }] })
})

test('every scenario of a suite is a column, with its verdict; a run that is gone by what suite.json kept of it', async () => {
  await writeFile(path.join(folder, 'suite.json'), JSON.stringify(suite))
  await record('pause-1')
  const { columns } = await readSource(folder)
  expect(columns.map(({ label, verdict }) => [label, verdict])).toEqual(
    suite.scenarios.map(({ name, judgement }) => [name, judgement]),
  )
  const [paused, cut] = columns
  expect(paused?.figures.write_outage).toHaveLength(2)
  expect(cut?.figures.write_outage).toEqual([31_000, { atLeast: 5_000 }, 14_000])
  expect(cut?.faults).toBe(null)
})

test('the runs of a suite that was killed are columns of their own; what is no run is refused', async () => {
  await record('a-1')
  await record('a-2')
  expect((await readSource(folder)).columns.map(({ label }) => label)).toEqual(['a-1', 'a-2'])
  await expect(readSource(path.join(folder, 'nowhere'))).rejects.toThrow('does not exist; chaoslab runs lists')
})

const source = (name: string | null, lab: string, ...labels: string[]): ComparedRun => ({
  name,
  columns: labels.map(
    (label) => ({ label, lab, figures: {}, settings: {}, faults: [], durationMs: 1 }) as unknown as Compared,
  ),
})
const shapeOf = (...sources: ComparedRun[]) =>
  sideBySide(sources).map(({ title, columns }) => [title, columns.map(({ label }) => label)])

test('single runs stand beside each other, whatever they are called', () => {
  expect(shapeOf(source(null, 'hw3', 'kill'), source('naive', 'pair', 'stop'))).toEqual([[null, ['kill', 'naive']]])
  expect(shapeOf(source(null, 'hw3', 'kill'), source(null, 'hw3', 'kill'))).toEqual([[null, ['kill', 'kill 2']]])
})

test('of suites, the runs of each scenario stand beside each other', () => {
  expect(
    shapeOf(
      source('naive', 'pair', 'stop', 'kill', 'lock'),
      source(null, 'hw3', 'kill', 'stop'),
      source(null, 'hw3', 'kill'),
    ),
  ).toEqual([
    ['stop', ['naive', 'hw3']],
    ['kill', ['naive', 'hw3', 'hw3 2']],
  ])
})

test('the scenarios of one suite stand beside each other, and so do suites that share none', () => {
  expect(shapeOf(source(null, 'hw3', 'kill', 'stop'))).toEqual([[null, ['kill', 'stop']]])
  expect(shapeOf(source('a', 'hw3', 'kill', 'stop'), source(null, 'pair', 'lock'))).toEqual([
    [null, ['a: kill', 'a: stop', 'lock']],
  ])
})
