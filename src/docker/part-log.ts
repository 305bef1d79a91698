import { z } from 'zod'
import type { Acted } from './act.ts'
import type { Engine } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { demultiplex, readAll } from './output.ts'

/** One line of a container's output. */
export interface StampedLine {
  /** When the engine was given it, by the engine's own clock: Unix milliseconds, with a fraction. */
  readonly stampUnixMs: number
  readonly text: string
}

/** However much a part says, so many of its latest lines are looked at. */
const MOST_LINES = 5_000
const MOST_BYTES = 4 * 1024 * 1024

/**
 * What a container has printed since then, in the order of the engine's stamps; running or not.
 * @throws {EngineError} the engine keeps no logs that can be read, or does not answer
 */
export async function containerLog(
  engine: Engine,
  { id }: Acted,
  sinceUnixMs: number,
  signal?: AbortSignal,
): Promise<readonly StampedLine[]> {
  const answer = await engine.call(
    async (docker, abortSignal) => {
      const since = Math.floor(sinceUnixMs / 1_000)
      const options = { stdout: true, stderr: true, timestamps: true, since, tail: MOST_LINES, abortSignal }
      const bytes = await docker.getContainer(id).logs({ ...options, follow: false })
      return Buffer.isBuffer(bytes) ? bytes : readAll(bytes as unknown as NodeJS.ReadableStream)
    },
    { signal },
  )
  const { stdout, stderr } = demultiplex(answer, MOST_BYTES)
  return `${stdout}\n${stderr}`
    .split('\n')
    .flatMap(stamped)
    .filter(({ stampUnixMs }) => stampUnixMs >= sinceUnixMs)
    .sort((a, b) => a.stampUnixMs - b.stampUnixMs)
}

const infoSchema = z.object({ SystemTime: z.string() })

/** The engine's own clock: Unix milliseconds. @throws {EngineError} */
export async function engineTime(engine: Engine, signal?: AbortSignal): Promise<number> {
  // The types know no options here; dockerode has them (lib/docker.js).
  const answer = await engine.call(
    (docker, abortSignal) => (docker as unknown as { info(options: object): Promise<unknown> }).info({ abortSignal }),
    { signal },
  )
  const parsed = infoSchema.safeParse(answer)
  const unixMs = parsed.success ? Date.parse(parsed.data.SystemTime) : Number.NaN
  if (Number.isNaN(unixMs)) throw new EngineError('unexpected', 'it does not give its time')
  return unixMs
}

/** RFC 3339 with nanoseconds, a blank, the line (Docker Engine API, "Get container logs", timestamps). */
function stamped(line: string): StampedLine[] {
  const [, stamp = '', text = ''] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (.*)$/.exec(line) ?? []
  const stampUnixMs = Date.parse(stamp)
  return Number.isNaN(stampUnixMs) ? [] : [{ stampUnixMs, text }]
}
