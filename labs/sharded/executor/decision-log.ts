import type { Decision, Transaction } from './transaction.ts'

/** A transaction as the log has it. */
export interface LoggedTransaction {
  readonly gid: string
  readonly name: string
  readonly digest: string
  /** Names of the databases, as the mapping calls them. */
  readonly databases: readonly string[]
  /** Null while nothing has been decided. */
  readonly decision: Decision | null
  /** The executor promised to have decided by then; afterwards recovery may decide. */
  readonly isLeaseOver: boolean
  /** Every database is known to be as was decided. */
  readonly isSettled: boolean
  readonly ageMs: number
}

/**
 * Where it is written down what was decided, before anybody acts on it. Whoever decides first decides: a second word for
 * the same transaction changes nothing and is told the first. Each call resolves once its effect is durable.
 */
export interface DecisionLog {
  /** Before the first PREPARE, byte for byte the gid that the databases will know. @throws when it is not durable */
  begin(transaction: Transaction, leaseMs: number): Promise<void>
  /** @returns what was decided, by this call or an earlier one. @throws when that is not known */
  decide(gid: string, decision: Decision): Promise<Decision>
  settled(gid: string): Promise<void>
  /** What is not settled, oldest first, and whatever is asked for by gid. */
  open(also?: readonly string[]): Promise<readonly LoggedTransaction[]>
  close(): void
}

/** For `--no-recovery`: nothing is remembered. */
export const noLog: DecisionLog = {
  begin: async () => {},
  decide: async (_gid, decision) => decision,
  settled: async () => {},
  open: async () => [],
  close: () => {},
}
