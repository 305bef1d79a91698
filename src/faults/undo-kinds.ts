import { makeAgain } from './container/make-again.ts'
import { restoreCpu } from './container/restore-cpu.ts'
import { restoreMemory } from './container/restore-memory.ts'
import { startAgain } from './container/start-again.ts'
import { unpause } from './container/unpause.ts'
import { quickenDisk } from './disk/quicken-disk.ts'
import { removeBallast } from './disk/remove-ballast.ts'
import type { UndoKind } from './fault.ts'
import { reconnect } from './network/reconnect.ts'
import { endSession } from './process/end-session.ts'
import { resumeProcess } from './process/resume-process.ts'

/** The ways of putting back what the general faults change. */
export const generalUndos: readonly UndoKind[] = [
  startAgain,
  unpause,
  makeAgain,
  restoreMemory,
  restoreCpu,
  resumeProcess,
  endSession,
  reconnect,
  removeBallast,
  quickenDisk,
]
