import { workerData } from 'node:worker_threads'
import { AHEAD_MS, type AlarmMemory, monotonicMs } from './alarm.ts'

/*
 * The thread of an alarm: asleep in the kernel until the time that it is set to, which Node's own timers know in whole
 * milliseconds only. It ends with the process, or when it is told to.
 */

const { setTimes, rungTimes, dueMs } = workerData as AlarmMemory

for (;;) {
  const setting = Atomics.load(setTimes, 0)
  const leftMs = (dueMs[0] as number) - AHEAD_MS - monotonicMs()
  if (leftMs > 0) {
    Atomics.wait(setTimes, 0, setting, leftMs)
    continue
  }
  Atomics.add(rungTimes, 0, 1)
  Atomics.notify(rungTimes, 0)
  Atomics.wait(setTimes, 0, setting)
}
