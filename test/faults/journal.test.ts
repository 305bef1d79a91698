import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { findJournals, type JournalEntry, openJournal, settleFound } from '../../src/faults/journal.ts'
import { ownerOf, thisProcess } from '../../src/faults/owner.ts'
import { newFolder } from '../new-folder.ts'

let folder: string

beforeEach(() => {
  const made = newFolder()
  folder = path.join(made, 'lab')
})

const about = {
  faultId: '0123abcd',
  fault: 'stop',
  parts: ['etcd1'],
  text: 'stop etcd1',
  undo: { type: 'start-again', params: { service: 'etcd1' } },
}

const numbered = (number: number) => ({ ...about, text: `stop etcd${number}` })

async function onlyFile(): Promise<string> {
  const [name, ...more] = await readdir(folder)
  expect(more).toEqual([])
  return path.join(folder, name as string)
}

function textsOf(outstanding: readonly JournalEntry[] | undefined): readonly string[] | undefined {
  return outstanding?.map(({ text }) => text)
}

describe('a journal', () => {
  it('has an entry on disk when it says so, for whoever looks, in the order in which they came', async () => {
    const journal = openJournal(folder)
    await Promise.all([1, 2, 3].map((number) => journal.add(numbered(number))))
    const [found, ...more] = await findJournals(folder)
    expect(more).toEqual([])
    expect(found).toMatchObject({ pid: process.pid, isOwnerAlive: true, damaged: [] })
    expect(textsOf(found?.outstanding)).toEqual(['stop etcd1', 'stop etcd2', 'stop etcd3'])
    expect(found?.outstanding[0]).toMatchObject({ ...about, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) })
  })

  it('forgets what is settled, and nothing else', async () => {
    const journal = openJournal(folder)
    const [first] = [await journal.add(numbered(1)), await journal.add(numbered(2))]
    await journal.settle(first)
    await journal.settle(first)
    expect(textsOf((await findJournals(folder))[0]?.outstanding)).toEqual(['stop etcd2'])
  })

  it('takes its file away when all is settled, and leaves it when something is not', async () => {
    const journal = openJournal(folder)
    const entry = await journal.add(about)
    await journal.close()
    expect(textsOf((await findJournals(folder))[0]?.outstanding)).toEqual(['stop etcd1'])
    await journal.settle(entry)
    await journal.close()
    expect(await readdir(folder)).toEqual([])
  })

  it('makes no file, nor a folder, while nothing is written', async () => {
    await openJournal(folder).close()
    expect(await findJournals(folder)).toEqual([])
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('of two labs of one process is two files', async () => {
    await openJournal(folder).add(numbered(1))
    await openJournal(folder).add(numbered(2))
    expect(await findJournals(folder)).toHaveLength(2)
  })

  it('that cannot be written refuses an entry, and closes all the same', async () => {
    await writeFile(folder, 'a file, where a folder should be')
    const journal = openJournal(folder)
    await expect(journal.add(about)).rejects.toMatchObject({ code: expect.stringMatching(/^E/) })
    await journal.close()
  })

  it('is written on when it could not be for a while', async () => {
    const journal = openJournal(folder)
    await writeFile(folder, '')
    await expect(journal.add(numbered(1))).rejects.toThrow()
    await rm(folder)
    await journal.add(numbered(2))
    expect(textsOf((await findJournals(folder))[0]?.outstanding)).toEqual(['stop etcd2'])
  })

  it('whose last line was cut by a full disk goes on in a line of its own', async () => {
    const journal = openJournal(folder)
    await journal.add(numbered(1))
    await appendFile(await onlyFile(), '{"type":"undo","id":"half')
    await journal.add(numbered(2))
    const [found] = await findJournals(folder)
    expect(textsOf(found?.outstanding)).toEqual(['stop etcd1', 'stop etcd2'])
    expect(found?.damaged).toHaveLength(1)
  })
})

describe('what is found', () => {
  /** As a process that is gone has left it. */
  async function orphan(...lines: readonly string[]): Promise<string> {
    await mkdir(folder, { recursive: true })
    const file = path.join(folder, '1.0.0000.ndjson')
    await writeFile(file, lines.join('\n'))
    return file
  }
  const line = (id: string) => JSON.stringify({ type: 'undo', ...about, id, at: '2026-01-01T00:00:00.000Z' })

  it('has its half last line told of, and all that stands before it', async () => {
    await orphan(line('a'), line('b').slice(0, 40))
    expect(await findJournals(folder)).toMatchObject([
      { isOwnerAlive: false, outstanding: [{ id: 'a' }], damaged: [2] },
    ])
  })

  it.each(['null', '7', '[]', '{}', '{"type":"undo"}', '{"type":"undone"}', '\u0000', '{"type":"redo","id":"a"}'])(
    'has a line like %j told of, not guessed at',
    async (odd) => {
      await orphan(line('a'), odd, line('b'), '')
      expect(await findJournals(folder)).toMatchObject([{ outstanding: [{ id: 'a' }, { id: 'b' }], damaged: [2] }])
    },
  )

  it('can be settled in part, behind a half line too', async () => {
    await orphan(line('a'), line('b'), '{"type":"un')
    const [found] = await findJournals(folder)
    if (found) await settleFound(found, new Set(['a']))
    expect(await findJournals(folder)).toMatchObject([{ outstanding: [{ id: 'b' }] }])
  })

  it('is taken away when all of it is settled', async () => {
    await orphan(line('a'), line('b'))
    const [found] = await findJournals(folder)
    if (found) await settleFound(found, new Set(['a', 'b']))
    expect(await readdir(folder)).toEqual([])
  })

  it('and belongs to a process that still runs is never taken away: that one may have written on', async () => {
    const journal = openJournal(folder)
    const { id } = await journal.add(numbered(1))
    const [found] = await findJournals(folder)
    await journal.add(numbered(2))
    if (found) await settleFound(found, new Set([id]))
    expect(textsOf((await findJournals(folder))[0]?.outstanding)).toEqual(['stop etcd2'])
  })

  it('and cannot be read is no empty journal', async () => {
    await mkdir(path.join(folder, '1.0.0000.ndjson'), { recursive: true })
    await expect(findJournals(folder)).rejects.toMatchObject({ code: 'EISDIR' })
  })

  it('is nothing where there is no folder, and other files are none of it', async () => {
    expect(await findJournals(folder)).toEqual([])
    await mkdir(folder)
    await writeFile(path.join(folder, '1.0.baseline.json'), '{}')
    expect(await findJournals(folder)).toEqual([])
  })
})

describe('the owner of a file', () => {
  it('is this process', async () => {
    expect(await ownerOf(`/somewhere/${await thisProcess()}.0000.ndjson`)).toEqual({
      pid: process.pid,
      isOwnerAlive: true,
    })
  })

  it('is told by whom another process put back what it had in force, and takes that for settled', async () => {
    const journal = openJournal(folder)
    let touches = 0
    journal.onTouched(() => touches++)
    const [first, second] = [await journal.add(numbered(1)), await journal.add(numbered(2))]
    expect((await journal.lifted()).size).toBe(0)
    const [found] = await findJournals(folder)
    if (found) await settleFound(found, new Set([first.id]))
    expect(await findJournals(folder)).toMatchObject([{ outstanding: [second], damaged: [] }])
    const by = { pid: process.pid, command: expect.stringContaining('chaoslab'), at: expect.any(String) }
    expect(await journal.lifted()).toEqual(new Map([[first.id, by]]))
    await expect.poll(() => touches).toBeGreaterThan(0)
    for (const entry of [first, second]) await journal.settle(entry)
    expect((await journal.lifted()).size).toBe(0)
    await journal.close()
    expect(await findJournals(folder)).toEqual([])
  })

  it('is not another process that has got its number', async () => {
    expect(await ownerOf(`${process.pid}.1.0000.ndjson`)).toEqual({ pid: process.pid, isOwnerAlive: false })
  })

  it.each(['', 'x', '.', '0.0', '-1.5.x.ndjson', '1', '999999999.5.x.ndjson', 'NaN.1'])(
    'is nobody for %j',
    async (name) => {
      expect((await ownerOf(name)).isOwnerAlive).toBe(false)
    },
  )

  it('is gone when it has ended and its parent has not asked how', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const pid = String((await once(parent.stdout, 'data'))[0]).trim()
    const fields = async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
    await expect.poll(async () => (await fields())[0]).toBe('Z')
    expect((await ownerOf(`${pid}.${(await fields())[19]}.0000.ndjson`)).isOwnerAlive).toBe(false)
  })

  it('is alive while the process runs, and gone when it is killed', async () => {
    const other = spawn('sleep', ['60'])
    onTestFinished(() => void other.kill('SIGKILL'))
    const stat = await readFile(`/proc/${other.pid}/stat`, 'utf8')
    const name = `${other.pid}.${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
    const journal = openJournal(folder)
    await journal.add(about)
    await rename(await onlyFile(), path.join(folder, `${name}.0000.ndjson`))
    expect(await findJournals(folder)).toMatchObject([{ pid: other.pid, isOwnerAlive: true }])
    other.kill('SIGKILL')
    await once(other, 'exit')
    expect(await findJournals(folder)).toMatchObject([{ pid: other.pid, isOwnerAlive: false }])
  })
})
