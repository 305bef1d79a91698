/** The highest rate of writes, and of reads. */
export const MAX_PER_SECOND = 20_000

/** As many statements may be under way on a session at most. */
export const MAX_PIPELINE = 64
