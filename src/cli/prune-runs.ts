import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { bytes } from '../draw/format.ts'
import { EVENTS_FILE, isRun, keptIn, runsIn } from '../lab/run-folder.ts'
import { sum } from '../model/sum.ts'
import { many } from '../model/words.ts'

/**
 * Deletes what is kept of runs whose recording has had no line for so long; that of a run that goes on is never old. Says
 * first what that is, and asks.
 */
export async function pruneRuns(
  out: string,
  olderThanMs: number,
  confirm: (question: string) => Promise<boolean>,
): Promise<void> {
  const old = await oldRuns(out, Date.now() - olderThanMs)
  if (old.length === 0) {
    console.log(`nothing under ${out} is that old; nothing was deleted`)
    return
  }
  const size = bytes(sum(await Promise.all(old.map(sizeOf))))
  const what = `${many(old.length, 'folder')} (${size})`
  for (const folder of old) console.log(`  ${folder}`)
  if (!(await confirm(`delete ${what}? [y/N] `))) {
    console.log('nothing was deleted')
    return
  }
  for (const folder of old) await rm(folder, { recursive: true })
  console.log(`${what} deleted`)
}

/** The folders right below `out` that hold runs, all of which ended before then, oldest first. */
export async function oldRuns(out: string, beforeMs: number): Promise<readonly string[]> {
  const kept = await Promise.all(
    keptIn(out).map(async (folder) => {
      const runs = isRun(folder) ? [folder] : runsIn(folder)
      const ends = await Promise.all(runs.map(async (run) => (await stat(path.join(run, EVENTS_FILE))).mtimeMs))
      return { folder, endMs: Math.max(...ends) }
    }),
  )
  return kept.filter(({ endMs }) => endMs < beforeMs).map(({ folder }) => folder)
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(file.parentPath, file.name))).size))
  return sum(sizes)
}
