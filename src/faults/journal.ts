import { randomUUID } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import { open, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { makeFolders } from '../log/make-folders.ts'
import type { Healer } from '../model/events.ts'
import { ifThere } from '../model/if-there.ts'
import { parseJson } from '../model/parse-json.ts'
import { ownerOf, thisCommand, thisProcess } from './owner.ts'

/*
 * What every fault would have to put back, written before it is changed. Each process keeps a file of its own in the
 * lab's folder and takes it away when nothing is left to undo, so that processes never write over each other; what one
 * leaves behind, the next finds.
 */

const entrySchema = z.object({
  type: z.literal('undo'),
  /** Of this undo. */
  id: z.string(),
  /** Of the fault that it belongs to. */
  faultId: z.string(),
  fault: z.string(),
  parts: z.array(z.string()),
  /** What was going to be done, as a sentence. */
  text: z.string(),
  /** ISO 8601. */
  at: z.string(),
  undo: z.object({ type: z.string(), params: z.unknown() }),
})
const undoneSchema = z.object({
  type: z.literal('undone'),
  id: z.string(),
  /** Who put it back, where it was another process than the one whose journal it is. */
  by: z.object({ pid: z.number(), command: z.string(), at: z.string() }).optional(),
})
const lineSchema = z.discriminatedUnion('type', [entrySchema, undoneSchema])

/** One change that has to be put back. */
export type JournalEntry = Omit<z.output<typeof entrySchema>, 'type'>

export interface Journal {
  /** On disk, flushed, when it resolves. @throws the file system's error: then nothing may be changed */
  add(entry: Omit<JournalEntry, 'id' | 'at'>): Promise<JournalEntry>
  /** The change was put back. */
  settle(entry: JournalEntry): Promise<void>
  /** What another process has put back of what is not settled here, by the id of the entry. Never rejects. */
  lifted(): Promise<ReadonlyMap<string, Healer>>
  /** Has `listener` told, within a second or so, that another process has written into the journal. */
  onTouched(listener: () => void): void
  /** Takes the file away if nothing is left in it. Never rejects. */
  close(): Promise<void>
}

const LOOK_EVERY_MS = 1_000

/** What a process left, or has in force. */
export interface FoundJournal {
  readonly file: string
  readonly pid: number
  /** Whether the process that wrote it still runs: then these faults are its own business. */
  readonly isOwnerAlive: boolean
  /** What has not been put back, oldest first. */
  readonly outstanding: readonly JournalEntry[]
  /** Lines that cannot be read, by number: a machine that went down cuts the last one. */
  readonly damaged: readonly number[]
}

/** Opens the journal of this process in the lab's folder; the file is made by the first entry. */
export function openJournal(folder: string): Journal {
  const name = thisProcess().then((owner) => `${owner}.${randomUUID()}.ndjson`)
  const left = new Set<string>()
  const listeners: (() => void)[] = []
  let lines: Promise<unknown> = Promise.resolve()
  let isMade = false

  /** One after the other, so that what is undone never stands before what is to be undone. */
  const write = (line: object): Promise<void> => {
    const written = lines.then(async () => {
      await makeFolders(folder)
      // A full disk can have cut the line before: an empty one does no harm.
      const file = path.join(folder, await name)
      await appendFlushed(file, `${isMade ? '\n' : ''}${JSON.stringify(line)}\n`)
      if (!isMade) watchFile(file, { persistent: false, interval: LOOK_EVERY_MS }, touched)
      isMade = true
    })
    lines = written.catch(() => {})
    return written
  }

  const lifted = async () => {
    if (left.size === 0) return new Map<string, Healer>()
    const text = await readFile(path.join(folder, await name), 'utf8').catch(() => '')
    return new Map([...parseJournal(text).lifted].filter(([id]) => left.has(id)))
  }
  const touched = () => {
    for (const listener of listeners) listener()
  }

  return {
    lifted,
    onTouched: (listener) => void listeners.push(listener),
    async add(about) {
      const entry = { ...about, id: randomUUID(), at: new Date().toISOString() }
      await write({ type: 'undo', ...entry })
      left.add(entry.id)
      return entry
    },
    async settle({ id }) {
      if (!left.delete(id)) return
      await write({ type: 'undone', id })
    },
    async close() {
      await lines
      unwatchFile(path.join(folder, await name), touched)
      if (left.size > 0) return
      // One that stays says that all of it is settled.
      await rm(path.join(folder, await name), { force: true }).catch(() => {})
    },
  }
}

/**
 * Everything that is to be put back in a lab, by whichever process. A folder that is not there holds nothing.
 * @throws the file system's error: what cannot be read is not known
 */
export async function findJournals(folder: string): Promise<readonly FoundJournal[]> {
  const names = (await ifThere(readdir(folder))) ?? []
  const files = names.filter((name) => name.endsWith('.ndjson')).sort()
  return Promise.all(files.map((name) => readJournal(path.join(folder, name))))
}

/**
 * Marks entries of another process's journal as put back; takes the file away when that was all, unless the process
 * still runs: it may have written on meanwhile, and is to know who has done that.
 */
export async function settleFound(
  { file, isOwnerAlive, outstanding }: FoundJournal,
  ids: ReadonlySet<string>,
): Promise<void> {
  const by: Healer = { pid: process.pid, command: thisCommand(), at: new Date().toISOString() }
  const lines = outstanding.filter(({ id }) => ids.has(id)).map(({ id }) => JSON.stringify({ type: 'undone', id, by }))
  if (!isOwnerAlive && outstanding.every(({ id }) => ids.has(id))) await rm(file, { force: true })
  // It may end in half a line.
  else if (lines.length > 0) await appendFlushed(file, `\n${lines.join('\n')}\n`)
}

async function readJournal(file: string): Promise<FoundJournal> {
  // None: its process has ended in good order just now; one that cannot be read must not pass for empty.
  const text = (await ifThere(readFile(file, 'utf8'))) ?? ''
  const { entries, damaged } = parseJournal(text)
  return { file, ...(await ownerOf(file)), outstanding: [...entries.values()], damaged }
}

function parseJournal(text: string) {
  const entries = new Map<string, JournalEntry>()
  const lifted = new Map<string, Healer>()
  const damaged: number[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const parsed = lineSchema.safeParse(parseJson(line))
    if (!parsed.success) damaged.push(index + 1)
    else if (parsed.data.type === 'undo') entries.set(parsed.data.id, parsed.data)
    else {
      entries.delete(parsed.data.id)
      if (parsed.data.by) lifted.set(parsed.data.id, parsed.data.by)
    }
  }
  return { entries, lifted, damaged }
}

async function appendFlushed(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a', 0o600)
  try {
    await handle.appendFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
