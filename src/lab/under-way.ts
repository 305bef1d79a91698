import { rmSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ownerOf, thisCommand, thisProcess } from '../faults/owner.ts'
import { makeFolders } from '../log/make-folders.ts'
import type { LabDefinition } from './definition.ts'
import { underWayFolder } from './journal-folder.ts'

/** A run of another process on the containers of a lab, whichever of its definitions it was started with. */
export interface UnderWay {
  readonly pid: number
  /** As the process was called. */
  readonly command: string
}

/** Lets other processes know that this one has a run under way on the lab, until it ends. Never rejects. */
export async function tellUnderWay(definition: LabDefinition): Promise<void> {
  const folder = underWayFolder(definition)
  const file = path.join(folder, await thisProcess())
  // A run goes on all the same where nothing can be written.
  await makeFolders(folder)
    .then(() => writeFile(file, thisCommand()))
    .catch(() => {})
  process.once('exit', () => {
    try {
      rmSync(file, { force: true })
    } catch {
      // Whoever finds it sees that its process is gone.
    }
  })
}

/** The runs that other processes have under way; what one that is gone has left is taken away. Never rejects. */
export async function findUnderWay(definition: LabDefinition): Promise<readonly UnderWay[]> {
  const folder = underWayFolder(definition)
  const names = await readdir(folder).catch(() => [])
  const found = names.map(async (name) => {
    const file = path.join(folder, name)
    const { pid, isOwnerAlive } = await ownerOf(file)
    if (!isOwnerAlive) await rm(file, { force: true }).catch(() => {})
    if (!isOwnerAlive || pid === process.pid) return []
    // Not there any more: it has just ended.
    const command = await readFile(file, 'utf8').catch(() => null)
    return command === null ? [] : [{ pid, command }]
  })
  return (await Promise.all(found)).flat()
}
