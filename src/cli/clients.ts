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
import { parseJson } from '../model/parse-json.ts'

/*
 * The program that runs in a container on a host of the lab, started by the lab itself: the clients of a site.
 */

const tell = (line: ClientLine) => appendFileSync(TOLD_FILE, `${JSON.stringify(line)}\n`)

/** It is replaced as a whole; only where two calls of the lab came at once may half of it be there for a moment. */
async function heard(): Promise<Said | null> {
  const text = await readFile(SAID_FILE, 'utf8').catch(() => '')
  return (parseJson(text) as Said | undefined) ?? null
}

const LINGER_MS = 60_000

const clock = systemClock()
tell({ type: 'began', zeroUnixMs: performance.timeOrigin + performance.now() - clock.nowMs() })
try {
  const settings = JSON.parse(process.env[SETTINGS_VARIABLE] ?? '') as ClientSettings
  await runClients(settings, { clock, tell, heard })
} catch (error) {
  tell({ type: 'failed', why: (error as Error).message })
}
// What was told lies in this container, which is taken away once that was heard.
await clock.sleep(LINGER_MS)
