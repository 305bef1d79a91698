import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { exitOf, type FinishedRun, finishRun, tellFinished } from '../../src/cli/finish-run.ts'
import { healAtLast } from '../../src/cli/heal-all.ts'
import { sinksOf, unkept } from '../../src/cli/run-record.ts'
import type { Progress } from '../../src/docker/progress.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { started } from '../model/events.ts'
import { newFolder } from '../new-folder.ts'
import { type FakeLab, fakeLab } from '../scenario/fake-lab.ts'

const never = new AbortController().signal

test('a report that the disk does not take is told, and takes nothing away from how the run ended', async () => {
  const folder = await runFolder()
  // A folder where the file belongs is refused like a full disk is: by the file system.
  await mkdir(path.join(folder, 'summary.json', 'something'), { recursive: true })
  const lab = endingLab(fakeLab(), folder)
  expect(await finishRun(lab, { record: { folder, memory: null }, reason: 'done', signal: never })).toMatchObject({
    summary: null,
    stuck: [],
    problem: expect.stringMatching(/^the report could not be written to .* \(E[A-Z]+\)$/),
  })
})

test('a report that is written is no problem', async () => {
  const folder = await runFolder()
  const lab = endingLab(fakeLab(), folder)
  const { summary, problem } = await finishRun(lab, { record: { folder, memory: null }, reason: 'done', signal: never })
  expect([summary?.isComplete, problem]).toEqual([true, null])
})

test('a run that is not kept is judged as any other', async () => {
  const record = unkept('traffic')
  const lab = endingLab(fakeLab(), await runFolder())
  for (const sink of sinksOf(record)(lab.live)) lab.log.attach(sink)
  lab.log.append(started)
  const finished = await finishRun(lab, { record, reason: 'done', signal: never })
  expect(finished.summary?.verdict.verdict).toBe('unknown')
  expect(exitOf(finished)).toBe(2)
})

test.each([
  ['pass', 'pass', 0],
  // The audit knows nothing of a split brain.
  ['fail', 'pass', 1],
  ['unknown', 'pass', 2],
  // Without a report not all of it is known, but what was found stands.
  [null, 'pass', 2],
  [null, 'fail', 1],
  [null, null, 2],
] as const)('a run whose report says %s and whose audit says %s exits with %d', (verdict, audited, code) => {
  const of = (word: 'pass' | 'fail' | 'unknown') => ({ verdict: word, why: `it is a ${word}`, evidence: [] })
  const finished = {
    summary: verdict === null ? null : { verdict: of(verdict), outages: [] },
    audited: audited === null ? [] : [{ audit: { verdict: of(audited) }, autopsy: { sentences: [] } }],
    stuck: [],
    problem: null,
  } as unknown as FinishedRun
  expect(exitOf(finished)).toBe(code)
  expect(tellFinished(finished)[0]).toMatch(verdict ?? audited ?? 'unknown')
})

test('only what was healed is shown as done', async () => {
  const lab = fakeLab({ stuck: ['nap'] })
  await lab.faults?.inject(
    { kind: { type: 'pause' }, target: { type: 'name', name: 'etcd1' }, name: 'nap' } as never,
    () => 0,
    never,
  )
  const { progress, lines } = told()
  expect(await healAtLast(lab, progress)).toHaveLength(1)
  expect(lines).toEqual([
    '✗ healing: nap',
    'STUCK: nap of patroni1 could not be healed: no',
    '  by hand: docker unpause …',
  ])
})

test('with the engine away, what is in force is waited for until the engine is back and has lifted it', async () => {
  const lab = fakeLab({ stuck: ['nap'] })
  await lab.faults?.inject(
    { kind: { type: 'pause' }, target: { type: 'name', name: 'etcd1' }, name: 'nap' } as never,
    () => 0,
    never,
  )
  lab.happen({ type: 'docker.engine', reading: { ok: false, error: 'ECONNREFUSED' } })
  const { progress, lines } = told()
  const ending = healAtLast(lab, progress)
  // As the injector does by itself.
  Object.assign(lab.faults as object, { active: () => [] })
  lab.happen({ type: 'docker.engine', reading: { ok: true, value: { version: '28' } } })
  expect(await ending).toEqual([])
  expect(lines).toEqual(['✓ the Docker engine is away; waiting for it; healing: nap'])
})

/** What was shown, each step by how it ended. */
function told(): { readonly progress: Progress; readonly lines: string[] } {
  const lines: string[] = []
  return {
    lines,
    progress: {
      say: (line) => void lines.push(line),
      async step(title, work, isDone = () => true) {
        const result = await work(() => {})
        lines.push(`${isDone(result) ? '✓' : '✗'} ${title}`)
        return result
      },
    },
  }
}

async function runFolder(): Promise<string> {
  const folder = newFolder()
  return folder
}

/** One that leaves a recording of its beginning and its end. */
function endingLab(lab: FakeLab, folder: string): Lab {
  const ended = { type: 'run.ended', reason: 'done' }
  const lines = [started, ended].map((body, index) => JSON.stringify({ seq: index + 1, atMs: index, ...body }))
  return Object.assign(lab, {
    instances: [{ definition: { name: null }, ledger: { size: 0 }, probes: { ledger: { size: 0 } }, runId: 'abcdef' }],
    endTraffic: async () => {},
    close: () => writeFile(path.join(folder, 'events.ndjson'), `${lines.join('\n')}\n`),
  })
}
