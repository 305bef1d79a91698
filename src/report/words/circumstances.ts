import type { Summary } from '../summary-schema.ts'
import { group } from './format.ts'

/** The settings and versions, name and value. */
export function circumstances({ settings, versions, lab }: Summary): readonly (readonly [string, string])[] {
  const seconds = (value: number | null) => (value === null ? 'not known' : `${value} s`)
  const rate = (value: number | null) => (value === null ? 'none' : `${group(value)}/s`)
  const check = settings.proxyCheck
  return [
    ['ttl', seconds(settings.ttlSeconds)],
    ['loop_wait', seconds(settings.loopWaitSeconds)],
    ['retry_timeout', seconds(settings.retryTimeoutSeconds)],
    ['synchronous_mode', onOff(settings.isSynchronous)],
    ['failsafe_mode', onOff(settings.isFailsafe)],
    [
      'HAProxy checks',
      check === null ? 'not known' : `every ${check.interSeconds} s, fall ${check.fall}, rise ${check.rise}`,
    ],
    ['writes wanted', rate(settings.writesPerSecond)],
    ['reads wanted', rate(settings.readsPerSecond)],
    ['probe', settings.probeIntervalMs === null ? 'none' : `every ${settings.probeIntervalMs} ms`],
    ['lab', lab ?? 'not known'],
    ['chaoslab', versions.lab ?? 'not known'],
    ['Patroni', versions.patroni ?? 'not known'],
    ['PostgreSQL', versions.postgresql ?? 'not recorded'],
    ['etcd', versions.etcd ?? 'not known'],
    ['Docker', versions.docker ?? 'not used'],
  ]
}

function onOff(value: boolean | null): string {
  return value === null ? 'not known' : value ? 'on' : 'off'
}
