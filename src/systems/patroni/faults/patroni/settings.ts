import { z } from 'zod'

/*
 * What may be set while the cluster runs (Patroni 4.0, "Dynamic Configuration Settings"): known names with sane values,
 * and no parameter of PostgreSQL that runs a command or loads a library.
 */

const seconds = (least: number) => z.int().min(least).max(86_400)
const bytes = z
  .int()
  .min(0)
  .max(2 ** 40)

const PARAMETERS = [
  'autovacuum',
  'checkpoint_completion_target',
  'checkpoint_timeout',
  'commit_delay',
  'deadlock_timeout',
  'fsync',
  'full_page_writes',
  'hot_standby_feedback',
  'idle_in_transaction_session_timeout',
  'lock_timeout',
  'log_min_duration_statement',
  'log_min_messages',
  'max_connections',
  'max_slot_wal_keep_size',
  'max_standby_archive_delay',
  'max_standby_streaming_delay',
  'max_wal_size',
  'min_wal_size',
  'recovery_min_apply_delay',
  'shared_buffers',
  'statement_timeout',
  'synchronous_commit',
  'tcp_keepalives_count',
  'tcp_keepalives_idle',
  'tcp_keepalives_interval',
  'tcp_user_timeout',
  'wal_keep_size',
  'wal_receiver_timeout',
  'wal_sender_timeout',
  'work_mem',
] as const

const parameterValue = z.union([
  z.boolean(),
  z.number(),
  z.string().regex(/^-?[A-Za-z0-9][A-Za-z0-9._ ]{0,40}$/, 'expected a value like 64MB, 10s, on, remote_apply'),
])

const slot = z.string().regex(/^[a-z0-9_]{1,63}$/, 'expected the name of a slot')

export const settings = {
  ttl: seconds(20),
  loop_wait: seconds(1),
  retry_timeout: seconds(3),
  maximum_lag_on_failover: bytes,
  maximum_lag_on_syncnode: z
    .int()
    .min(-1)
    .max(2 ** 40),
  primary_start_timeout: seconds(0),
  primary_stop_timeout: seconds(0),
  synchronous_mode: z.union([z.boolean(), z.literal('quorum')], { error: 'expected true, false or quorum' }),
  synchronous_mode_strict: z.boolean(),
  synchronous_node_count: z.int().min(1).max(100),
  failsafe_mode: z.boolean(),
  check_timeline: z.boolean(),
  use_pg_rewind: z.boolean(),
  use_slots: z.boolean(),
  /** Permanent slots that the configuration declares, one or several: it declares them no more. */
  forget_slots: z.union([slot, z.array(slot).min(1)]),
  /** Of PostgreSQL; on the command line `parameters.work_mem=8MB`. */
  parameters: z
    .partialRecord(z.enum(PARAMETERS), parameterValue)
    .refine((given) => Object.keys(given).length > 0, `expected one of ${PARAMETERS.join(', ')}`),
}
