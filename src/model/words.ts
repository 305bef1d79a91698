/** `1 write`, `12 writes`, `12 345 writes`. */
export function many(count: number, one: string, several = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : several}`
}

/** Thousands apart: 12 345. */
export function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, '\u202f')
}

/** As a sentence begins. */
export function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

/** What was thrown says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What a container does, by the engine's word for its state: `is paused`, `has exited with code 137`. */
export function stateWords(state: string, exitCode: number | null = null): string {
  const code = state === 'exited' && exitCode !== null ? ` with code ${exitCode}` : ''
  return `${STATES[state] ?? `is ${state}`}${code}`
}

const STATES: Readonly<Record<string, string>> = {
  created: 'has not been started',
  exited: 'has exited',
  removing: 'is being removed',
}
