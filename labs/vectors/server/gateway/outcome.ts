/** What a gateway says to a client when it is not what was asked for. */
export type Problem =
  | { readonly type: 'unknown-namespace'; readonly namespace: string }
  | { readonly type: 'namespace-exists'; readonly namespace: string }
  | { readonly type: 'exists'; readonly ids: readonly string[] }
  | { readonly type: 'not-found'; readonly ids: readonly string[] }
  | { readonly type: 'no-quorum'; readonly shard: string; readonly reachable: number; readonly needed: number }
  /** Definitely not done. */
  | { readonly type: 'unavailable'; readonly shards: readonly string[]; readonly why: string }
  /** Nobody knows whether it was done, or will be. */
  | { readonly type: 'unknown-outcome'; readonly shards: readonly string[]; readonly why: string }
  /** Some shards have done their part. */
  | { readonly type: 'partly-done'; readonly parts: readonly PartOutcome[] }
  | { readonly type: 'invalid'; readonly errors: readonly { readonly path: string; readonly message: string }[] }

export interface PartOutcome {
  readonly shard: string
  readonly ids: readonly string[]
  readonly outcome: 'done' | 'not-done' | 'unknown'
}

export type Result<T> = ({ readonly type: 'ok' } & T) | Problem
