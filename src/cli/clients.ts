import { appendFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import {
  type ClientLine,
  type ClientSettings,
  SAID_FILE,
  type Said,
  SETTINGS_VARIABLE,
  TOLD_FILE,
} from '../lab/clients/protocol.ts'
import { runClients } from '../lab/clients/run-clients.ts'
import { systemClock } from '../log/clock.ts'

/*
 * The program that runs in a container on a host of the lab, started by the lab itself: the clients of a site.
 */

const tell = (line: ClientLine) => appendFileSync(TOLD_FILE, `${JSON.stringify(line)}\n`)

/** It is replaced as a whole, so what is there is whole. */
async function heard(): Promise<Said | null> {
  const text = await readFile(SAID_FILE, 'utf8').catch(() => null)
  return text === null ? null : (JSON.parse(text) as Said)
}

const LINGER_MS = 60_000

const clock = systemClock()
// The first process of a container ends by no signal that it does not listen to.
process.on('SIGTERM', () => process.exit(0))
tell({ type: 'began', zeroUnixMs: performance.timeOrigin + performance.now() - clock.nowMs() })
try {
  const settings = JSON.parse(process.env[SETTINGS_VARIABLE] ?? '') as ClientSettings
  await runClients(settings, { clock, tell, heard })
} catch (error) {
  tell({ type: 'failed', why: (error as Error).message })
}
// What was told lies in this container, which is taken away once that was heard.
await clock.sleep(LINGER_MS)
