import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { isRun, keptIn } from '../lab/run-folder.ts'
import { REPORT_FILES, SUITE_FILES } from '../report/write-report.ts'
import { noRun } from './no-run.ts'

export interface OpenOptions {
  /** Where the folders of runs are kept. */
  readonly out: string
}

/** Opens the report of a run, by default of the latest, and prints where it is: that is all where there is no desktop. */
export function openReport(run: string | undefined, { out }: OpenOptions): void {
  const file = path.resolve(reportOf(run ?? latestIn(out)))
  console.log(file)
  const opener = openerOf(process.platform, process.env)
  if (opener === null) return
  const [command, ...args] = opener
  // One that is not there, or fails, changes nothing: the path is printed.
  spawn(command, [...args, file], { detached: true, stdio: 'ignore' })
    .on('error', () => {})
    .unref()
}

/** @throws {Error} which says what writes one, where there is none */
export function reportOf(run: string): string {
  const found = [SUITE_FILES.html, REPORT_FILES.html]
    .map((name) => path.join(run, name))
    .find((file) => existsSync(file))
  if (found !== undefined) return found
  throw new Error(isRun(run) ? `${run} has no report; chaoslab report ${run} writes it` : noRun(run))
}

function latestIn(out: string): string {
  const latest = keptIn(out).at(-1)
  if (latest === undefined)
    throw new Error(`no run is kept under ${out}: name the folder of one, or where they are with --out`)
  return latest
}

/** What opens a file with the program that a person would see it in; null where there is no desktop. */
export function openerOf(
  platform: NodeJS.Platform,
  environment: NodeJS.ProcessEnv,
): readonly [string, ...string[]] | null {
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['explorer']
  const hasDesktop = Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY)
  return hasDesktop ? ['xdg-open'] : null
}
