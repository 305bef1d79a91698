import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { DecisionLog, LoggedTransaction } from './decision-log.ts'
import type { Decision } from './transaction.ts'

/*
 * The log where there is no coordinator's database: a folder, one small file a fact. A file is written beside its name,
 * forced to disk, and linked to the name, which fails when the name is taken: so the first word is the one that counts,
 * among any number of processes on this machine.
 */

interface Begun {
  readonly gid: string
  readonly name: string
  readonly digest: string
  readonly databases: readonly string[]
  readonly begunAtMs: number
  readonly leaseUntilMs: number
}

/** @param nowMs the wall clock, which other processes go by too */
export async function openDecisionFolder(folder: string, nowMs: () => number): Promise<DecisionLog> {
  await mkdir(folder, { recursive: true })
  const file = (gid: string, what: 'begun' | Decision | 'decision' | 'settled') => path.join(folder, `${gid}.${what}`)
  const read = (name: string) => readFile(path.join(folder, name), 'utf8')
  return {
    async begin({ gid, name, digest, participants }, leaseMs) {
      const databases = participants.map((each) => each.name)
      const begun: Begun = { gid, name, digest, databases, begunAtMs: nowMs(), leaseUntilMs: nowMs() + leaseMs }
      await writeFirst(folder, file(gid, 'begun'), JSON.stringify(begun))
    },
    async decide(gid, decision) {
      await writeFirst(folder, file(gid, 'decision'), decision)
      return toDecision(await readFile(file(gid, 'decision'), 'utf8'))
    },
    async settled(gid) {
      await writeFirst(folder, file(gid, 'settled'), '')
    },
    async open(also = []) {
      const names = new Set(await readdir(folder))
      const begun = await Promise.all(
        [...names].filter((name) => name.endsWith('.begun')).map(async (name) => JSON.parse(await read(name)) as Begun),
      )
      const all = await Promise.all(
        begun.map(async ({ leaseUntilMs, begunAtMs, ...known }): Promise<LoggedTransaction> => {
          const isDecided = names.has(`${known.gid}.decision`)
          return {
            ...known,
            decision: isDecided ? toDecision(await read(`${known.gid}.decision`)) : null,
            isLeaseOver: leaseUntilMs < nowMs(),
            isSettled: names.has(`${known.gid}.settled`),
            ageMs: nowMs() - begunAtMs,
          }
        }),
      )
      return all.filter(({ gid, isSettled }) => !isSettled || also.includes(gid)).sort((a, b) => b.ageMs - a.ageMs)
    },
    close() {},
  }
}

/** Durable when it resolves; a file that is there already stays as it is. */
async function writeFirst(folder: string, file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}.draft`
  const handle = await open(draft, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft, { force: true })
  const directory = await open(folder, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function toDecision(text: string): Decision {
  if (text === 'commit' || text === 'abort') return text
  throw new Error(`a decision is commit or abort, not ${JSON.stringify(text)}`)
}
