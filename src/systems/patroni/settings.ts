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
}

export const patroniSettings: ReportedSettings = {
  shape: {
    ttlSeconds: z.number().nullable(),
    loopWaitSeconds: z.number().nullable(),
    retryTimeoutSeconds: z.number().nullable(),
    isFailsafe: z.boolean().nullable(),
    proxyCheck: z.strictObject({ interSeconds: z.number(), fall: z.number(), rise: z.number() }).nullable(),
  },
  read(state) {
    const { config: seen, lab } = patroniOf(state)
    const config = seen.value
    return {
      ttlSeconds: config?.ttlSeconds ?? null,
      loopWaitSeconds: config?.loopWaitSeconds ?? null,
      retryTimeoutSeconds: config?.retryTimeoutSeconds ?? null,
      isSynchronous: config?.isSynchronous ?? null,
      isFailsafe: config?.isFailsafe ?? null,
      proxyCheck: lab?.proxies?.[0]?.check ?? null,
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
