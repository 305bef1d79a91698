// biome-ignore lint/suspicious/noExplicitAny: what a server answers is looked into as each test expects it
export type Answer = any

/** One request with a body of JSON, and its answer. */
export async function ask(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: Answer }> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  return { status: response.status, body: await response.json() }
}
