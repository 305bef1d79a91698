import { fresh } from '../../model/seen.ts'
import { killThePrimary } from '../kill-the-primary.ts'
import type { Operated, Tuning } from '../operated.ts'
import { composeVariables, describePreset, type PresetName, presets } from './control/presets.ts'
import { primaries } from './health.ts'
import { patroniOf } from './state.ts'
import { patroniStatus } from './status.ts'

/** Failover timing: Patroni's own, and how often HAProxy checks. */
const tuning: Tuning = {
  presets: Object.keys(presets) as [PresetName, ...PresetName[]],
  describe: (name) => describePreset(presets[name as PresetName]),
  variables: (name) => composeVariables(presets[name as PresetName]),
  isSet(name, state) {
    const config = fresh(patroniOf(state).config)
    if (config === null) return null
    const { ttlSeconds, loopWaitSeconds, retryTimeoutSeconds } = presets[name as PresetName]
    return (
      config.ttlSeconds === ttlSeconds &&
      config.loopWaitSeconds === loopWaitSeconds &&
      config.retryTimeoutSeconds === retryTimeoutSeconds
    )
  },
  timing: (name) => presets[name as PresetName],
}

/** The leader is killed, and its failover watched. */
const experiment = killThePrimary({
  primaries: (state) => primaries(patroniOf(state)),
  takeover({ failovers }, { part }) {
    const failover = failovers.findLast(({ from, outage }) => from === part && outage !== null)
    return failover?.outage ? { to: failover.to, outage: failover.outage } : null
  },
  tookOver: 'took the leader key and was promoted',
  settings(state) {
    const config = patroniOf(state).config.value
    return config ? ` (ttl ${config.ttlSeconds} s, loop_wait ${config.loopWaitSeconds} s)` : ''
  },
})

export const operation: Operated = {
  status: (state) => patroniStatus(patroniOf(state)),
  awaited(core) {
    const state = patroniOf(core)
    return [state.cluster, state.etcd.lease]
  },
  tuning,
  experiment,
}
