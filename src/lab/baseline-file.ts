import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Baseline, baselineSchema, compareBaseline, readBaseline } from '../faults/baseline.ts'
import { ownerOf, thisProcess } from '../faults/owner.ts'
import type { World } from '../faults/world.ts'
import { makeFolders } from '../log/make-folders.ts'
import { parseJson } from '../model/parse-json.ts'

const ENDING = '.baseline.json'
const WITHIN_MS = 10_000

/** How the lab was set up before this process broke anything, kept on disk for whoever comes after a kill -9. */
export interface BaselineFile {
  /** Takes it, the first time; later calls do nothing. Rejects never: a lab that cannot be read has no baseline. */
  take(signal: AbortSignal): Promise<void>
  /** What is not as it was, once everything has been healed; forgets it. Empty when none was taken. Never rejects. */
  check(): Promise<readonly string[]>
}

export function createBaselineFile(folder: string, world: World): BaselineFile {
  let taken: { readonly baseline: Baseline; readonly file: string } | null = null
  let isTried = false
  return {
    async take(signal) {
      if (isTried) return
      isTried = true
      const limit = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)])
      const baseline = await readBaseline(world, limit).catch(() => null)
      if (baseline === null) return
      const file = path.join(folder, `${await thisProcess()}${ENDING}`)
      taken = { baseline, file }
      // Where nothing can be written, whoever comes later goes without; this process knows all the same.
      await write(file, baseline).catch(() => {})
    },
    async check() {
      if (taken === null) return []
      const { baseline, file } = taken
      taken = null
      isTried = false
      const left = await differences(baseline, world)
      await rm(file, { force: true }).catch(() => {})
      return left
    },
  }
}

/** What is not as it was before processes that are gone broke something, and never checked. */
export async function compareLeftBaselines(folder: string, world: World): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  const files = names.filter((name) => name.endsWith(ENDING)).map((name) => path.join(folder, name))
  const left = files.map(async (file) => {
    if ((await ownerOf(file)).isOwnerAlive) return []
    const parsed = baselineSchema.safeParse(parseJson(await readFile(file, 'utf8').catch(() => '')))
    return parsed.success ? differences(parsed.data, world) : [`${file} cannot be read`]
  })
  return [...new Set((await Promise.all(left)).flat())]
}

/** Forgets the baselines of processes that are gone: what they left has been healed. */
export async function forgetLeftBaselines(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((each) => each.endsWith(ENDING))) {
    const file = path.join(folder, name)
    if (!(await ownerOf(file)).isOwnerAlive) await rm(file, { force: true })
  }
}

async function write(file: string, baseline: Baseline): Promise<void> {
  await makeFolders(path.dirname(file))
  await writeFile(file, JSON.stringify(baseline))
}

async function differences(baseline: Baseline, world: World): Promise<readonly string[]> {
  try {
    return await compareBaseline(baseline, world, AbortSignal.timeout(WITHIN_MS))
  } catch (error) {
    return [`whether everything is as it was cannot be told: ${(error as Error).message}`]
  }
}
