/** The rows that the writes of a workload leave behind, as an audit reads them. */
export interface AuditedRows {
  /** The table, for people. */
  readonly table: string
  /** Where in it a write's identity is, for people. */
  readonly place: string
  /**
   * SQL of all rows of one run: the write's identity `RUNID:SEQ`, or that, the row's digest (an `int4`) and a digit that
   * {@link markOf} tells. The run id is 1 to 32 lowercase letters and digits, so that it can stand in the text.
   */
  select(runId: string): string
  /** The digit, 0 to 9, that a row of write `seq` has as it was written; left out where rows have no content. */
  markOf?(seq: number): number
  /** What it means that a row's digest or digit is another, for people; the end of a sentence. */
  readonly altered: string
}
