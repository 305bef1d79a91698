import type { AboutSuite } from './answer.ts'
import type { Question } from './questions.ts'

/** What one scenario measured, ready to be told: `20.4 s`, or one for each repeat with commas between. */
export interface Measured {
  readonly repeats: number
  readonly writeOutage: string
  readonly readOutage: string
  readonly lost: string
  readonly unknown: string
  readonly failovers: string
  readonly redundancy: string
  readonly splitBrain: string
  readonly keyGone: string
  readonly keyTaken: string
  readonly promotion: string
  /** The worst of the repeats; null when one could not tell, infinity when it had not ended. */
  readonly worstWriteOutageMs: number | null
  readonly worstReadOutageMs: number | null
  readonly mostLost: number | null
}

type Find = (question: Question) => Measured | null

/** The texts of the answer in one language. Numbers come from what was measured, never from here. */
export interface Words {
  readonly title: string
  how(about: AboutSuite): string
  readonly cluster: { readonly title: string; readonly parts: string; readonly reading: string }
  readonly overview: { readonly title: string; readonly columns: readonly string[]; readonly note: string }
  readonly casesTitle: string
  readonly questions: Readonly<
    Record<Question, { readonly title: string; readonly done: string; answer(measured: Measured): string }>
  >
  /** By the label in the scenario. */
  readonly looks: Readonly<Record<string, string>>
  readonly enough: { readonly title: string; paragraphs(find: Find): readonly string[] }
  readonly production: { readonly title: string; paragraphs(find: Find): readonly string[] }
  readonly reproduce: { readonly title: string; readonly text: string }
  readonly judgement: Readonly<Record<'pass' | 'fail' | 'unknown', string>>
  missing(titles: readonly string[]): string
  readonly notMeasured: string
  readonly notOver: string
  readonly none: string
  duration(ms: number): string
}

/** Whether clients noticed more than the resolution of the probe; null when it was not measured. */
export function wentOn(outageMs: number | null): boolean | null {
  return outageMs === null ? null : outageMs < 1_000
}
