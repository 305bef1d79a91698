/** A section of a report as a value: whoever finds it says what stands in it, the report draws it. */
export interface Section {
  readonly title: string
  readonly lead: string
  readonly rows: readonly SectionRow[]
  /** Sentences below the table. */
  readonly lines: readonly string[]
  /** What was found one by one. */
  readonly table?: SectionTable | undefined
}

/** The first cell of a row is its heading. */
export interface SectionTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** @param isWrong whether any of it is wrong; default not */
export function sectionRow(name: string, value: number | string, meaning: string, isWrong = false): SectionRow {
  return { name, value, meaning, isWrong }
}

export interface SectionRow {
  readonly name: string
  /** A count, or what is said of anything else. */
  readonly value: number | string
  readonly meaning: string
  readonly isWrong: boolean
}
