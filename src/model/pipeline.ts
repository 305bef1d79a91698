/** As many statements may be under way on a session at most. */
export const MAX_PIPELINE = 64
