// One thread of the closed loop with two: says that it is ready, and runs when it is told to.
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../dist/log/clock.js'
import { type LoopOptions, labSessions } from './clients.ts'

const options = workerData as LoopOptions
const clock = systemClock()
const loop = await labSessions(options, clock)
parentPort?.once('message', async () => {
  await loop.run(clock.nowMs() + options.seconds * 1_000, new AbortController().signal)
  await loop.close()
  parentPort?.postMessage(loop.count)
})
parentPort?.postMessage('ready')
