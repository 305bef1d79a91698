/*
 * How long what was heard is believed. Past that nobody says how things are: what is shown has its age, what is counted
 * is absent.
 */

/** A source that has said nothing for this long, good or bad, has gone silent; each is asked more often than that. */
export const SILENT_AFTER_MS = 6_000

/** Traffic tells of every second, and a probe ten times in it, with or without answers. */
export const TRAFFIC_SILENT_AFTER_MS = 3_000
