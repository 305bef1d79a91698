import type { Summary } from '../summary-schema.ts'

/** The way that the leader key went, e.g. `patroni1 → patroni2 → patroni3`. */
export function route(passes: Summary['failovers']): string {
  return [passes[0]?.from ?? 'nobody', ...passes.map(({ to }) => to)].join(' → ')
}
