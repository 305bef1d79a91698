import { z } from 'zod'
import type { ReportedSettings, Versions } from '../reported.ts'
import type { ProxyCheck } from './events.ts'
import { patroniOf } from './state.ts'

declare module '../own-settings.ts' {
  interface OwnSettings extends PatroniSettings {}
  interface OwnVersions {
    readonly patroni?: string | null | undefined
    readonly postgresql?: string | null | undefined
    readonly etcd?: string | null | undefined
  }
}

/** What governs a failover, as a summary tells it. */
export interface PatroniSettings {
  readonly ttlSeconds?: number | null | undefined
  readonly loopWaitSeconds?: number | null | undefined
  readonly retryTimeoutSeconds?: number | null | undefined
  readonly isSynchronous?: boolean | null | undefined
  readonly isFailsafe?: boolean | null | undefined
  readonly proxyCheck?: ProxyCheck | null | undefined
  /** Not all of the run was under these, … */
  readonly wasChanged?: boolean | undefined
  /** … and not all faults; left out: as likely as not. */
  readonly wasChangedUnderFaults?: boolean | undefined
  /** How many standbys have to confirm a commit; null where nobody told. */
  readonly synchronousNodes?: number | null | undefined
  readonly nodes?: readonly string[] | null | undefined
  readonly etcdMembers?: readonly string[] | null | undefined
  /** In the order in which clients try them, … */
  readonly proxies?: readonly string[] | null | undefined
  /** … of which they know so many; null without traffic. */
  readonly endpoints?: number | null | undefined
}

const names = z.array(z.string()).nullable()

function listed(all: readonly string[] | undefined): string[] | null {
  return all === undefined ? null : [...all]
}

export const patroniSettings: ReportedSettings = {
  shape: {
    ttlSeconds: z.number().nullable(),
    loopWaitSeconds: z.number().nullable(),
    retryTimeoutSeconds: z.number().nullable(),
    isFailsafe: z.boolean().nullable(),
    proxyCheck: z.strictObject({ interSeconds: z.number(), fall: z.number(), rise: z.number() }).nullable(),
    synchronousNodes: z
      .number()
      .nullable()
      .describe('How many standbys have to confirm a commit in synchronous mode; null where nobody told.'),
    nodes: names,
    etcdMembers: names,
    proxies: names.describe('In the order in which clients try them.'),
    endpoints: z.number().nullable().describe('How many of these the clients know; null without traffic.'),
  },
  read(state) {
    const { config: seen, lab, traffic } = patroniOf(state)
    const config = seen.value
    return {
      ttlSeconds: config?.ttlSeconds ?? null,
      loopWaitSeconds: config?.loopWaitSeconds ?? null,
      retryTimeoutSeconds: config?.retryTimeoutSeconds ?? null,
      isSynchronous: config?.isSynchronous ?? null,
      isFailsafe: config?.isFailsafe ?? null,
      proxyCheck: lab?.proxies?.[0]?.check ?? null,
      synchronousNodes: config?.synchronousNodes ?? null,
      nodes: listed(lab?.nodes),
      etcdMembers: listed(lab?.etcdMembers),
      proxies: listed(lab?.proxies?.map(({ name }) => name)),
      endpoints: traffic.settings === null ? null : (traffic.settings.endpoints ?? 1),
    }
  },
  tell(settings) {
    const { ttlSeconds, loopWaitSeconds, retryTimeoutSeconds, isSynchronous, isFailsafe, proxyCheck } = settings
    if (ttlSeconds === undefined) return []
    return [
      ['ttl', seconds(ttlSeconds)],
      ['loop_wait', seconds(loopWaitSeconds)],
      ['retry_timeout', seconds(retryTimeoutSeconds)],
      ['synchronous_mode', onOff(isSynchronous)],
      ['failsafe_mode', onOff(isFailsafe)],
      ['HAProxy checks', tellCheck(proxyCheck)],
    ]
  },
  configIn: (event) =>
    event.type === 'patroni.config' && event.reading.ok ? JSON.stringify(event.reading.value) : null,
}

function seconds(value: number | null | undefined): string | null {
  return value == null ? null : `${value} s`
}

function onOff(value: boolean | null | undefined): string | null {
  return value == null ? null : value ? 'on' : 'off'
}

function tellCheck(check: ProxyCheck | null | undefined): string | null {
  return check == null ? null : `every ${check.interSeconds} s, fall ${check.fall}, rise ${check.rise}`
}

export const patroniVersions: Versions = {
  names: { patroni: 'Patroni', postgresql: 'PostgreSQL', etcd: 'etcd' },
  in(event) {
    if (event.type === 'etcd.member' && event.reading.ok) return { etcd: event.reading.value.version }
    if (event.type !== 'patroni.node' || !event.reading.ok) return {}
    const { version, postgresVersion } = event.reading.value
    return { ...(version !== '' && { patroni: version }), ...(postgresVersion && { postgresql: postgresVersion }) }
  },
}
