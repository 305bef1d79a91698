import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultKinds } from '../../src/faults/fault-kinds.ts'
import { readRecording } from '../../src/log/recording.ts'
import type { LabEvent } from '../../src/model/events.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-older-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** What is read of these lines. */
async function read(...bodies: readonly object[]): Promise<LabEvent[]> {
  const file = path.join(folder, 'events.ndjson')
  const lines = bodies.map((body, index) => JSON.stringify({ seq: index + 1, atMs: 10 * (index + 1), ...body }))
  await writeFile(file, `${lines.join('\n')}\n`)
  const events: LabEvent[] = []
  for await (const event of readRecording(file)) events.push(event)
  return events
}

describe('a fault that 0.1.0 recorded without its effects', () => {
  const landed = { type: 'fault.landed', id: 'a', parts: ['patroni1'], text: 'was hit', isCutFromEtcd: false }

  it('is given those that its name stood for', async () => {
    const [first] = await read({ ...landed, fault: 'kill-postmaster' })
    expect(first).toMatchObject({ effects: ['may-take-part-away', 'restarts-postgres', 'over-at-once'] })
    expect(first).not.toHaveProperty('isCutFromEtcd')
  })

  it('and those that it was recorded with as flags', async () => {
    const [cut, frozen] = await read(
      { ...landed, fault: 'isolate', isCutFromEtcd: true },
      { ...landed, fault: 'made up', isPatroniFrozen: true },
    )
    expect(cut).toMatchObject({ effects: ['may-take-part-away', 'cuts-part', 'cuts-from-etcd'] })
    expect(frozen).toMatchObject({ effects: ['freezes-patroni'] })
  })

  it('is left alone once it tells its effects itself', async () => {
    const told = { type: 'fault.landed', id: 'a', fault: 'isolate', parts: ['etcd1'], text: 'was cut', effects: [] }
    expect(await read(told)).toEqual([{ seq: 1, atMs: 10, ...told }])
  })

  it('has an entry, whatever it was', async () => {
    const silent = ['patch-config', 'pause-patroni', 'proxy-server']
    for (const { type } of faultKinds.filter(({ type }) => !silent.includes(type))) {
      const [event] = await read({ ...landed, fault: type })
      expect(event, type).toMatchObject({ effects: expect.arrayContaining([expect.any(String)]) })
    }
  })
})
