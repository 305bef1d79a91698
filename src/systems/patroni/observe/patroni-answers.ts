import { z } from 'zod'
import { shaped } from '../../../observe/poll-server.ts'
import type { PatroniCluster, PatroniConfig, PatroniNode } from '../events.ts'

/** A number that is there and means something; Patroni leaves out, nulls or zeroes what it does not know. */
const position = z.number().nullish().catch(null)
const timeline = z.number().positive().nullish().catch(null)
const flag = z.boolean().catch(false).default(false)

/** `RestApiHandler.get_postgresql_status` and `_write_status_response` in patroni/api.py, 4.0.7. */
const nodeBody = z.object({
  state: z.string(),
  role: z.string(),
  timeline,
  server_version: position,
  xlog: z
    .object({ location: position, received_location: position, replayed_location: position })
    .nullish()
    .catch(null),
  pause: flag,
  pending_restart: flag,
  failsafe_mode_is_active: flag,
  patroni: z.object({ version: z.string() }).nullish().catch(null),
  replication: z
    .array(
      z.object({
        application_name: z.string().nullish(),
        state: z.string().nullish(),
      }),
    )
    .nullish()
    .catch(null),
})

/**
 * The body of `GET /patroni`. While PostgreSQL is down it holds little more than state and role.
 * @throws {SourceError} `unexpected answer` when even those are missing.
 */
export function parseNode(body: unknown): PatroniNode {
  const node = shaped(nodeBody, body)
  return {
    role: node.role,
    state: node.state,
    timeline: node.timeline ?? null,
    lsn: node.xlog?.location ?? node.xlog?.replayed_location ?? null,
    receivedLsn: node.xlog?.received_location ?? null,
    isPaused: node.pause,
    isPendingRestart: node.pending_restart,
    isFailsafeActive: node.failsafe_mode_is_active,
    version: node.patroni?.version ?? '',
    ...(node.server_version ? { postgresVersion: formatVersion(node.server_version) } : {}),
    replication: (node.replication ?? []).map((row) => ({
      name: row.application_name ?? '',
      state: row.state ?? '',
    })),
  }
}

/** `cluster_as_json` in patroni/utils.py, 4.0.7. */
const clusterBody = z.object({
  members: z.array(
    z.object({
      name: z.string(),
      role: z.string(),
      state: z.string().nullish(),
      timeline,
      lag: z.union([z.number(), z.literal('unknown')]).nullish(),
      host: z.string().nullish(),
      port: z.number().nullish(),
    }),
  ),
  pause: flag,
})

/**
 * The body of `GET /cluster`. A member that has not said its address yet has host '' and port 0.
 * @throws {SourceError} `unexpected answer`.
 */
export function parseCluster(body: unknown): PatroniCluster {
  const cluster = shaped(clusterBody, body)
  return {
    members: cluster.members.map((member) => ({
      name: member.name,
      role: member.role,
      state: member.state ?? '',
      timeline: member.timeline ?? null,
      lagBytes: member.lag ?? null,
      host: member.host ?? '',
      port: member.port ?? 0,
    })),
    isPaused: cluster.pause,
  }
}

const seconds = (otherwise: number) => z.coerce.number().positive().catch(otherwise)
const configBody = z.object({
  ttl: seconds(30),
  loop_wait: seconds(10),
  retry_timeout: seconds(10),
  synchronous_mode: z.unknown().optional(),
  synchronous_node_count: z.coerce.number().int().positive().catch(1),
  failsafe_mode: z.unknown().optional(),
})

/**
 * The body of `GET /config`: what was set in etcd. Missing keys are Patroni's own defaults: 30, 10, 10, off, off; one synchronous
 * standby.
 * @throws {SourceError} `unexpected answer`.
 */
export function parseConfig(body: unknown): PatroniConfig {
  const config = shaped(configBody, body)
  const isSynchronous = isOn(config.synchronous_mode) || String(config.synchronous_mode).toLowerCase() === 'quorum'
  return {
    ttlSeconds: config.ttl,
    loopWaitSeconds: config.loop_wait,
    retryTimeoutSeconds: config.retry_timeout,
    isSynchronous,
    isFailsafe: isOn(config.failsafe_mode),
    ...(isSynchronous && { synchronousNodes: config.synchronous_node_count }),
  }
}

/** As `parse_bool` in patroni/utils.py reads a setting. */
function isOn(setting: unknown): boolean {
  return ['on', 'true', 'yes', '1'].includes(String(setting).toLowerCase())
}

/** PostgreSQL's server_version_num since version 10: 170011 is 17.11. */
function formatVersion(number: number): string {
  return `${Math.floor(number / 10_000)}.${number % 10_000}`
}
