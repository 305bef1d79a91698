import { cpu, restoreCpu } from './container/cpu.ts'
import { kill } from './container/kill.ts'
import { memory, restoreMemory } from './container/memory.ts'
import { pause, unpause } from './container/pause.ts'
import { makeAgain, recreate } from './container/recreate.ts'
import { restart } from './container/restart.ts'
import { startAgain, stop } from './container/stop.ts'
import { removeBallast } from './disk/ballast.ts'
import { fillDisk, fillWal } from './disk/fill-disk.ts'
import { quickenDisk, slowDisk } from './disk/slow-disk.ts'
import type { FaultKind, UndoKind } from './fault.ts'
import { bandwidth } from './network/bandwidth.ts'
import { cutHost } from './network/cut-host.ts'
import { delay } from './network/delay.ts'
import { isolate } from './network/isolate.ts'
import { loss } from './network/loss.ts'
import { partition } from './network/partition.ts'
import { reconnect } from './network/reconnect.ts'
import { rejoinHost } from './network/rejoin-host.ts'
import { slowLink } from './network/slow-link.ts'
import { continueEngine } from './process/continue-engine.ts'
import { resumeProcess } from './process/freeze.ts'
import { freezePostmaster } from './process/freeze-postmaster.ts'
import { freezeReplication } from './process/freeze-replication.ts'
import { hangEngine } from './process/hang-engine.ts'
import { killBackend } from './process/kill-backend.ts'
import { killPostmaster } from './process/kill-postmaster.ts'
import { endSession, lockTable } from './process/lock-table.ts'
import { dropConstraint, refuseRows } from './process/refuse-rows.ts'

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
  hangEngine,
  refuseRows,
  isolate,
  partition,
  cutHost,
  slowLink,
  loss,
  bandwidth,
  delay,
  fillDisk,
  fillWal,
  slowDisk,
]

/** The ways of putting back what the general faults change. */
export const generalUndos: readonly UndoKind[] = [
  startAgain,
  unpause,
  makeAgain,
  restoreMemory,
  restoreCpu,
  resumeProcess,
  endSession,
  dropConstraint,
  reconnect,
  rejoinHost,
  continueEngine,
  removeBallast,
  quickenDisk,
]
