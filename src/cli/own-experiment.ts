import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a lab's own experiment on this terminal's own streams, while the lab looks on. @returns whether it ended well */
export async function runOwnExperiment(script: readonly string[], signal: AbortSignal): Promise<boolean> {
  const child = spawn(process.execPath, [...script], { stdio: ['ignore', 'inherit', 'inherit'], signal })
  const [code] = await once(child, 'exit')
  return code === 0
}
