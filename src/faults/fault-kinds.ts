import { deleteLeaderKey } from '../systems/patroni/faults/etcd/delete-leader-key.ts'
import { failover } from '../systems/patroni/faults/patroni/failover.ts'
import { patchConfig } from '../systems/patroni/faults/patroni/patch-config.ts'
import { pausePatroni } from '../systems/patroni/faults/patroni/pause-patroni.ts'
import { reinitialize } from '../systems/patroni/faults/patroni/reinitialize.ts'
import { switchover } from '../systems/patroni/faults/patroni/switchover.ts'
import { proxyServer } from '../systems/patroni/faults/proxy/proxy-server.ts'
import { cpu } from './container/cpu.ts'
import { kill } from './container/kill.ts'
import { memory } from './container/memory.ts'
import { pause } from './container/pause.ts'
import { recreate } from './container/recreate.ts'
import { restart } from './container/restart.ts'
import { stop } from './container/stop.ts'
import { fillDisk } from './disk/fill-disk.ts'
import { fillWal } from './disk/fill-wal.ts'
import { slowDisk } from './disk/slow-disk.ts'
import type { FaultKind } from './fault.ts'
import { bandwidth } from './network/bandwidth.ts'
import { delay } from './network/delay.ts'
import { isolate } from './network/isolate.ts'
import { loss } from './network/loss.ts'
import { partition } from './network/partition.ts'
import { freezePatroni } from './process/freeze-patroni.ts'
import { freezePostmaster } from './process/freeze-postmaster.ts'
import { freezeReplication } from './process/freeze-replication.ts'
import { killBackend } from './process/kill-backend.ts'
import { killPostmaster } from './process/kill-postmaster.ts'

/** The catalogue. */
export const faultKinds: readonly FaultKind[] = [
  stop,
  kill,
  pause,
  restart,
  recreate,
  memory,
  cpu,
  killPostmaster,
  killBackend,
  freezePatroni,
  freezePostmaster,
  freezeReplication,
  isolate,
  partition,
  loss,
  bandwidth,
  delay,
  deleteLeaderKey,
  failover,
  patchConfig,
  pausePatroni,
  reinitialize,
  switchover,
  proxyServer,
  fillDisk,
  fillWal,
  slowDisk,
]

/** The kind of this name; null when there is none. */
export function findFaultKind(type: string): FaultKind | null {
  return faultKinds.find((kind) => kind.type === type) ?? null
}
