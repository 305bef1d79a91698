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
import { freezePostmaster } from './process/freeze-postmaster.ts'
import { freezeReplication } from './process/freeze-replication.ts'
import { killBackend } from './process/kill-backend.ts'
import { killPostmaster } from './process/kill-postmaster.ts'
import { lockTable } from './process/lock-table.ts'

/** What any system can suffer: of its containers, processes, network and disks. */
export const generalFaults: readonly FaultKind[] = [
  stop,
  kill,
  pause,
  restart,
  recreate,
  memory,
  cpu,
  killPostmaster,
  killBackend,
  freezePostmaster,
  freezeReplication,
  lockTable,
  isolate,
  partition,
  loss,
  bandwidth,
  delay,
  fillDisk,
  fillWal,
  slowDisk,
]
