import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { makeFolders } from '../log/make-folders.ts'

/**
 * Makes the folder of a run: `<base>/<time>-<name>`, e.g. `runs/2026-03-01T09-30-00-leader-kill`, in local time.
 * A second run of the same second and name gets a number.
 */
export async function makeRunFolder(base: string, name: string, at: Date): Promise<string> {
  await makeFolders(base).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`no run can be kept under ${base} (${error.code}): name another folder with --out`, {
      cause: error,
    })
  })
  return makeFolder(base, (attempt) => `${stamp(at)}-${slug(name)}${attempt > 1 ? `-${attempt}` : ''}`)
}

/** Makes a folder that is not there yet, by the first name that nothing has. */
export async function makeFolder(base: string, nameOf: (attempt: number) => string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const folder = path.join(base, nameOf(attempt))
    try {
      await mkdir(folder)
      return folder
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** The recording's name in the folder of a run. */
export const EVENTS_FILE = 'events.ndjson'

/** Whether a folder is that of one run. */
export function isRun(folder: string): boolean {
  return existsSync(path.join(folder, EVENTS_FILE))
}

/** The folders of runs right below a folder, oldest first: those that `chaoslab run` keeps together, or all of them. */
export function runsIn(folder: string): readonly string[] {
  return foldersIn(folder).filter(isRun)
}

/** What is kept below a folder, oldest first: of a single run its folder, of several that one `chaoslab run` made theirs. */
export function keptIn(folder: string): readonly string[] {
  return foldersIn(folder).filter((each) => isRun(each) || runsIn(each).length > 0)
}

function foldersIn(folder: string): readonly string[] {
  const names = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).sort() : []
  return names.map((name) => path.join(folder, name))
}

/** Where a system keeps its own files within the folder of a run: in the folder itself, or in a lab of several below it. */
export function folderOf(run: string, system: string | null): string {
  return system === null ? run : path.join(run, system)
}

/** Where the ledger of the clients of a site is kept, within the folder of a system. */
export function siteFolder(system: string, from: string): string {
  return path.join(system, 'sites', from)
}

function stamp(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${day}T${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('-')}`
}

/** A name as a part of a file's name: small letters, digits and dashes; never empty. */
export function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 60) || 'run'
  )
}
