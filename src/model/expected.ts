/** How a figure is held against a limit. */
export type Operator = '<' | '<=' | '>' | '>=' | '='

/** Bounds that a value must keep, all of them. */
export interface Bounds {
  /** As it was written. */
  readonly text: string
  readonly all: readonly { readonly operator: Operator; readonly value: number }[]
}

/** What the repeats of one scenario are put together by; `each` judges every one of them. */
export const quantiles = ['each', 'min', 'p50', 'p90', 'p95', 'p99', 'max', 'mean'] as const
export type Quantile = (typeof quantiles)[number]

/** What a scenario expects of one figure, as it is recorded. Plain JSON. */
export interface Expected {
  /** By its name. */
  readonly figure: string
  readonly quantile: Quantile
  readonly bounds: Bounds
  /** Nobody wrote it: it is expected of every run that does not say otherwise. */
  readonly isImplied: boolean
}

/** Why the steps of a scenario did not come to their end. Plain JSON. */
export interface StepFailure {
  /** `3`, `3.1`: as in the log. */
  readonly path: string
  readonly text: string
  readonly why: string
  /**
   * - `expectation`: something did not happen in time after a fault: the cluster did not do as was expected.
   * - `could-not`: nothing had been broken yet, or a fault could not be injected: nothing is known of the cluster.
   */
  readonly kind: 'expectation' | 'could-not'
}
