import { workerData } from 'node:worker_threads'
import { AHEAD_MS, type AlarmMemory, monotonicMs } from './alarm.ts'

/*
 * The thread of an alarm: asleep in the kernel until the time that it is set to, which Node's own timers know in whole
 * milliseconds only. It ends with the process, or when it is told to.
 */

const { setTimes, rungTimes, dueMs, everyMs } = workerData as AlarmMemory
let setting = 0
let ringsMs = Number.POSITIVE_INFINITY

for (;;) {
  const latest = Atomics.load(setTimes, 0)
  if (latest !== setting) ringsMs = dueMs[0] as number
  setting = latest
  const leftMs = ringsMs - AHEAD_MS - monotonicMs()
  if (leftMs > 0) {
    Atomics.wait(setTimes, 0, setting, leftMs)
    continue
  }
  ringsMs += everyMs[0] as number
  Atomics.add(rungTimes, 0, 1)
  Atomics.notify(rungTimes, 0)
}
