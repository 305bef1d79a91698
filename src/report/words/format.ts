import { formatDuration as plainDuration } from '../../model/units.ts'

/** How a thing is to be taken. */
export type Tone = 'good' | 'bad' | 'warn' | 'plain'

/** A share of one: 100 %, 99.98 %, 87.5 %. What is not all is never said to be. */
export function formatShare(share: number): string {
  const percent = share * 100
  const shown = percent >= 99 && percent < 100 ? Math.min(percent, 99.99).toFixed(2) : percent.toFixed(1)
  return `${shown.replace(/\.?0+$/, '')}\u00a0%`
}

/** A length whose number and unit stay on one line. */
export function durationText(ms: number): string {
  return plainDuration(ms).replaceAll(' ', '\u00a0')
}

/** A word as a POSIX shell takes it: quoted where it has to be. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./][A-Za-z0-9_@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
