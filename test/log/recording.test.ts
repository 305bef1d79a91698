import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { createRecording, RecordingError, readRecording } from '../../src/log/recording.ts'
import type { EventBody, LabEvent } from '../../src/model/events.ts'
import { eventually } from '../eventually.ts'
import { acks, errs, events, probe, started } from '../model/events.ts'
import { newFolder } from '../new-folder.ts'

let folder: string
beforeEach(() => {
  folder = newFolder()
})
const ended: EventBody = { type: 'run.ended', reason: 'quit' }
const run = events([
  [0, started],
  [1.25, { type: 'note', level: 'info', source: 'lab', text: 'ä → ö\nand "more" 🐘' }],
  [1_000, probe([...acks(20, 500), ...errs(520, 1_000)])],
  [2_000, ended],
])

function record(list: readonly LabEvent[], file: string) {
  const failures: Error[] = []
  const sink = createRecording(file, (error) => failures.push(error))
  for (const event of list) sink.onEvent(event)
  return { sink, failures }
}

async function readAll(file: string) {
  const recording = readRecording(file)
  const seen: LabEvent[] = []
  for await (const event of recording) seen.push(event)
  return { seen, ending: recording.ending() }
}

async function written(text: string): Promise<string> {
  const file = path.join(folder, 'written.ndjson')
  await writeFile(file, text)
  return file
}

describe('a recording', () => {
  it('holds every event when it is closed, in a folder that it makes', async () => {
    const file = path.join(folder, 'runs', 'one.ndjson')
    const { sink, failures } = record(run, file)
    await sink.close()
    expect(await readAll(file)).toEqual({ seen: run, ending: { isComplete: true } })
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(run.length + 1)
    expect(failures).toEqual([])
  })

  it('is written within a second without being closed', async () => {
    const file = path.join(folder, 'one.ndjson')
    const { sink } = record(run, file)
    await eventually(async () => expect((await readAll(file)).seen).toEqual(run))
    await sink.close()
  })

  it('keeps the order of many events, written as they come', async () => {
    const file = path.join(folder, 'many.ndjson')
    const { sink } = record([], file)
    const many = Array.from(
      { length: 20_000 },
      (_, i): LabEvent => ({ seq: i + 1, atMs: i, type: 'note', level: 'info', source: 'lab', text: 'x'.repeat(100) }),
    )
    for (const event of many) {
      sink.onEvent(event)
      if (event.seq % 2_500 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await sink.close()
    const { seen } = await readAll(file)
    expect(seen.map((event) => event.seq)).toEqual(many.map((event) => event.seq))
  })

  it('ignores what comes after it was closed, and can be closed again', async () => {
    const file = path.join(folder, 'one.ndjson')
    const { sink } = record(run.slice(0, 2), file)
    await sink.close()
    for (const event of run.slice(2)) sink.onEvent(event)
    await sink.close()
    expect((await readAll(file)).seen).toEqual(run.slice(0, 2))
  })

  it('never overwrites a file', async () => {
    const file = await written('precious')
    const { sink, failures } = record(run, file)
    await sink.close()
    expect(failures).toMatchObject([{ code: 'EEXIST' }])
    expect(await readFile(file, 'utf8')).toBe('precious')
  })

  it('reports a failing disk once, and neither throws nor fails to close', async () => {
    const blocked = await written('a file, no folder')
    const { sink, failures } = record(run, path.join(blocked, 'one.ndjson'))
    await eventually(() => expect(failures).toHaveLength(1))
    for (const event of run) sink.onEvent(event)
    await sink.close()
    expect(failures).toMatchObject([{ name: 'FileFailure', code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/) }])
  })

  it('makes no file for a run without events', async () => {
    const file = path.join(folder, 'none.ndjson')
    await record([], file).sink.close()
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('reading a recording', () => {
  const text = run.map((event) => `${JSON.stringify(event)}\n`).join('')

  it('leaves out a last line that is cut, and says so', async () => {
    for (const cut of [text.length - 2, text.length - 20, text.length - JSON.stringify(ended).length]) {
      const { seen, ending } = await readAll(await written(text.slice(0, cut)))
      expect(seen).toEqual(run.slice(0, 3))
      expect(ending).toEqual({ isComplete: false, why: 'line 4, the last one, is cut' })
    }
  })

  it('takes a last line that lacks nothing but its line break', async () => {
    expect(await readAll(await written(text.trimEnd()))).toEqual({ seen: run, ending: { isComplete: true } })
  })

  it('tells of a run without its end', async () => {
    const lines = text.split('\n').slice(0, 3)
    const { seen, ending } = await readAll(await written(`${lines.join('\n')}\n`))
    expect(seen).toHaveLength(3)
    expect(ending).toEqual({ isComplete: false, why: 'the run was recorded without its end' })
  })

  it('tells of events that are missing', async () => {
    const lines = text.split('\n').toSpliced(1, 1)
    const { ending } = await readAll(await written(lines.join('\n')))
    expect(ending).toEqual({ isComplete: false, why: 'events are missing between 1 and 3' })
  })

  it('of an empty file gives nothing, incompletely', async () => {
    expect(await readAll(await written(''))).toEqual({
      seen: [],
      ending: { isComplete: false, why: 'the run was recorded without its end' },
    })
  })

  it.each([
    ['no JSON', '{"seq": \n'],
    ['another thing', '{"seq":"1","atMs":0,"type":"note"}\n'],
    ['nothing', '\n'],
    ['null', 'null\n'],
  ])('throws on a line before the last that is %s, with its number', async (_, line) => {
    const file = await written(`${JSON.stringify(run[0])}\n${line}${JSON.stringify(run[1])}\n`)
    const error = await readAll(file).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RecordingError)
    expect(error).toMatchObject({ file, line: 2 })
  })

  it('rejects with the file’s own error when it cannot be read', async () => {
    await expect(readAll(path.join(folder, 'absent'))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(readAll(folder)).rejects.toMatchObject({ code: 'EISDIR' })
  })

  it('says nothing of its ending before it was read to the end', async () => {
    const recording = readRecording(await written(text))
    for await (const event of recording) {
      expect(event.seq).toBe(1)
      break
    }
    expect(recording.ending()).toBeNull()
  })
})
