/** What had not ended when the run did, or when nobody measured any more: as much of it as was seen. */
export interface AtLeast {
  readonly atLeast: number
  /** It is over, and was no more than this; how much less it might have been nobody knows. */
  readonly atMost?: number | undefined
}

/** What a run came to in one figure; null when it could not tell. */
export type FigureValue = number | AtLeast | null

/** What a figure counts: a duration is in milliseconds, a share from 0 to 1. */
export type FigureUnit = (typeof FIGURE_UNITS)[number]

export const FIGURE_UNITS = ['count', 'duration', 'share'] as const

/** The longest of several; while one is not over, nobody knows which it will be. */
export function longestOf(values: readonly FigureValue[]): FigureValue {
  const longest = values.reduce<number>((most, value) => Math.max(most, atLeast(value)), 0)
  return values.every((value) => typeof value === 'number') ? longest : { atLeast: longest }
}

/** As much as is known, while one is not over. */
export function sumOf(values: readonly FigureValue[]): FigureValue {
  const sum = values.reduce<number>((all, value) => all + atLeast(value), 0)
  return values.every((value) => typeof value === 'number') ? sum : { atLeast: sum }
}

/** As much as is known. */
export function atLeast(value: FigureValue): number {
  return value === null ? 0 : typeof value === 'number' ? value : value.atLeast
}
