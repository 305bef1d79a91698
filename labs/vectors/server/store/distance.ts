import type { Metric } from '../change.ts'

/** The nearer the smaller, as in pgvector's operators. */
export function distance(metric: Metric, a: readonly number[], b: readonly number[]): number {
  let dot = 0
  let squares = 0
  let lengthA = 0
  let lengthB = 0
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number
    const y = b[i] as number
    dot += x * y
    squares += (x - y) ** 2
    lengthA += x * x
    lengthB += y * y
  }
  if (metric === 'dot') return -dot
  if (metric === 'euclidean') return Math.sqrt(squares)
  return 1 - dot / Math.sqrt(lengthA * lengthB)
}
