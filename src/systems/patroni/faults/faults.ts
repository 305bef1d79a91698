import type { FaultKind, UndoKind } from '../../../faults/fault.ts'
import { deleteLeaderKey } from './etcd/delete-leader-key.ts'
import { failover } from './patroni/failover.ts'
import { patchConfig, restoreConfig } from './patroni/patch-config.ts'
import { pausePatroni } from './patroni/pause-patroni.ts'
import { reinitialize } from './patroni/reinitialize.ts'
import { switchover } from './patroni/switchover.ts'
import { freezePatroni } from './process/freeze-patroni.ts'
import { proxyServer } from './proxy/proxy-server.ts'
import { proxyServerReady } from './proxy/proxy-server-ready.ts'

/** Faults of the leader key, of Patroni and of the proxy. */
export const patroniFaults: readonly FaultKind[] = [
  freezePatroni,
  deleteLeaderKey,
  failover,
  patchConfig,
  pausePatroni,
  reinitialize,
  switchover,
  proxyServer,
]

export const patroniUndos: readonly UndoKind[] = [restoreConfig, proxyServerReady]
