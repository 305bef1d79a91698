import type { z } from 'zod'
import { parseJson } from '../model/parse-json.ts'
import { type DirectConnection, directConnection, type ServerLogin } from './direct-connection.ts'
import { httpSource } from './http-source.ts'
import { type Poll, poll, SourceError } from './poll.ts'

export interface PollHttp<T> extends Omit<Poll<T>, 'ask'> {
  readonly url: string
  /** Below the URL; left out: the URL itself. */
  readonly path?: string
  /** What a body says. @throws {SourceError} it is no such answer */
  parse(body: string): T
}

/** Polls an HTTP server, any status but 200 being no answer. Resolves when `signal` aborts; never rejects. */
export async function pollHttp<T>(signal: AbortSignal, { url, path, parse, ...rest }: PollHttp<T>): Promise<void> {
  const http = httpSource(url)
  await poll(signal, {
    ...rest,
    async ask(call) {
      const { status, body } = await http.get(call, path)
      if (status !== 200) throw new SourceError(`HTTP ${status}`)
      return parse(body)
    },
  })
  http.close()
}

/** @throws {SourceError} it is no JSON, or not of this shape */
export function parseAs<T>(schema: z.ZodType<T>, body: string): T {
  const content = parseJson(body)
  if (content === undefined) throw new SourceError('not JSON')
  return shaped(schema, content)
}

/** @throws {SourceError} it is not of this shape */
export function shaped<T>(schema: z.ZodType<T>, content: unknown): T {
  const parsed = schema.safeParse(content)
  if (!parsed.success) throw new SourceError('unexpected answer')
  return parsed.data
}

export interface PollDirect<T> extends Omit<Poll<T>, 'ask'> {
  readonly server: ServerLogin
  ask(direct: Pick<DirectConnection, 'ask'>, signal: AbortSignal): Promise<T>
}

/** Polls a PostgreSQL server on one kept connection. Resolves when `signal` aborts; never rejects. */
export async function pollDirect<T>(signal: AbortSignal, { server, ask, ...rest }: PollDirect<T>): Promise<void> {
  const direct = directConnection(server)
  await poll(signal, { ...rest, ask: (call) => ask(direct, call) })
  direct.close()
}
