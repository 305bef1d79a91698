/*
 * The settings and versions that systems tell of, by their names in summary.json: each adds its own from its own folder
 * (`declare module`), all of them optional.
 */

// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface OwnSettings {}
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface OwnVersions {}
