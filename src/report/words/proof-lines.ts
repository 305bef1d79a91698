import type { Summary } from '../summary-schema.ts'

type Proof = Summary['outages'][number]['phases'][number]['proof']

/** What was said by others; that the lab saw a thing when it came is no news in a table of when things came. */
export function lines(proof: Proof): string[] {
  return proof.filter(({ source }) => source !== 'reading').map(({ text }) => text)
}
