/*
 * How long what was heard is believed. Past that nobody says how things are: what is shown has its age, what is counted
 * is absent.
 */

/** A source that has said nothing for this long, good or bad, has gone silent; each is asked more often than that. */
export const SILENT_AFTER_MS = 6_000

/** Traffic tells of every second, and a probe ten times in it, with or without answers. */
export const TRAFFIC_SILENT_AFTER_MS = 3_000

/** One that itself waits for others before it answers. */
export const WAITING_SILENT_AFTER_MS = 10_000

/** News of what caused an outage may come after the first failure that it caused. */
export const LATE_NEWS_MS = 1_000

/** With its watch broken, the lab learns of a new leader by the next poll only, and may see its first answers before. */
export const LATE_KEY_MS = 2_000
