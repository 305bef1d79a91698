import type { ToldFault } from './control.ts'

/** What is told below the panels for some seconds, or until the next key. */
export type Notice = ToldFault

/** Why a key did nothing, or what the lab has to say. */
export function warning(text: string): Notice {
  return { isGood: false, text }
}

/** What went well says so by its sign. */
export function noticeText({ isGood, text }: Notice): string {
  return isGood ? `✓ ${text}` : text
}

/** How long a message stays: the time to read it. */
export function noticeMs({ text }: Notice): number {
  return 5_000 + 50 * Math.min(200, text.length)
}
