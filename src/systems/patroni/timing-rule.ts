/** What Patroni asks of its timing, all in seconds (4.0, dynamic configuration): loop_wait + 2 × retry_timeout ≤ ttl. */
export function leastTtl(loopWait: number, retryTimeout: number): number {
  return loopWait + 2 * retryTimeout
}

/** Patroni answers 200 to a timing that breaks its rules and adjusts it silently. @returns the rule it breaks; null: none */
export function brokenRule(timing: {
  readonly ttl?: unknown
  readonly loop_wait?: unknown
  readonly retry_timeout?: unknown
}): string | null {
  const [ttl, loopWait, retry] = [
    Number(timing.ttl ?? 30),
    Number(timing.loop_wait ?? 10),
    Number(timing.retry_timeout ?? 10),
  ]
  const told = `ttl ${ttl}, loop_wait ${loopWait}, retry_timeout ${retry}`
  if (leastTtl(loopWait, retry) > ttl) return `${told}: loop_wait + 2 × retry_timeout must not exceed ttl`
  if (ttl < 20 || loopWait < 1 || retry < 3) return `${told}: at least ttl 20, loop_wait 1 and retry_timeout 3`
  return null
}
