import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { thisMachine } from '../../src/docker/this-machine.ts'
import type { EventBody } from '../../src/model/events.ts'
import { observeProcessors } from '../../src/observe/processors.ts'
import { newFolder } from '../new-folder.ts'
import { FakeClock } from '../traffic/fake-clock.ts'

/** What happens in each second, in processors. */
interface Use {
  readonly containers: number
  readonly others: number
  readonly lab?: number
  readonly stolen?: number
  /** Of one thread. */
  readonly waited: number
}

/** Watches a machine of two processors for so many seconds. */
async function watch(use: Use, { seconds = 5, isHere = true, isPart = true } = {}): Promise<EventBody[]> {
  const events: EventBody[] = []
  const clock = new FakeClock()
  const since = (processors: number) => processors * clock.nowMs()
  const { containers, others, lab = 0.3, stolen = 0, waited } = use
  const stop = new AbortController()
  const watching = observeProcessors(
    {
      log: { append: (body) => events.push(body) as never },
      clock,
      processors: {
        cores: 2,
        machine: () => ({ busyMs: since(containers + others + lab), stolenMs: since(stolen) }),
        usedMs: () => (isHere ? since(containers) : null),
        waitedMs: () => new Map([['17', since(waited)]]),
        ownMs: () => since(lab),
      },
      containers: () => [{ service: 'patroni1', id: 'abc', isPart }],
    },
    stop.signal,
  )
  await clock.advance(seconds * 1_000)
  stop.abort()
  await watching
  return events
}

const starved = (events: readonly EventBody[]) => events.filter(({ type }) => type === 'processor.starved')

describe('the processors', () => {
  it('are kept from the servers by others who have them', async () => {
    const events = await watch({ containers: 0.4, others: 1.3, waited: 0.5 })
    expect(events.slice(0, 2)).toEqual([
      { type: 'processor.watched', cores: 2 },
      { type: 'processor.starved', fromMs: 1_000, toMs: 2_000, service: 'patroni1', waited: 0.5, others: 1.3 },
    ])
    expect(starved(events)).toHaveLength(4)
  })

  it('are not, where the containers use them themselves, or the lab does', async () => {
    expect(starved(await watch({ containers: 1.6, others: 0.1, waited: 0.9 }))).toEqual([])
    expect(starved(await watch({ containers: 0.4, others: 0.2, lab: 1.4, waited: 0.9 }))).toEqual([])
  })

  it('are not, where others take no more than nobody else wants', async () => {
    expect(starved(await watch({ containers: 0.4, others: 1.3, waited: 0.1 }))).toEqual([])
    expect(starved(await watch({ containers: 0.4, others: 0.9, waited: 0.5 }))).toEqual([])
  })

  it('are, where others have those of a virtual machine, though no thread of it waits', async () => {
    expect(starved(await watch({ containers: 0.4, others: 0, stolen: 1.3, waited: 0 }))).toHaveLength(4)
    expect(starved(await watch({ containers: 1.3, others: 0, stolen: 0.4, waited: 0 }))).toEqual([])
  })

  it('are not, where only a container waits that is no part of a system', async () => {
    expect(starved(await watch({ containers: 0.4, others: 1.3, waited: 0.5 }, { isPart: false }))).toEqual([])
  })

  it('are nothing that is known, where the containers run on another machine', async () => {
    expect(await watch({ containers: 0.4, others: 1.3, waited: 0.5 }, { isHere: false })).toEqual([])
  })
})

describe('what a kernel has counted', () => {
  const root = newFolder()
  const file = async (name: string, text: string) => {
    await mkdir(path.join(root, path.dirname(name)), { recursive: true })
    await writeFile(path.join(root, name), text)
  }

  it('is read of machine and containers, by cgroups of either version', async () => {
    await file('proc/stat', 'cpu  100 20 30 4000 50 6 7 80 0 0\ncpu0 1 2 3\n')
    await file('sys/fs/cgroup/cpu/docker/old/tasks', '11\n12\n13\n')
    await file('sys/fs/cgroup/cpuacct/docker/old/cpuacct.usage', '1500000000\n')
    await file('sys/fs/cgroup/memory/docker/old/memory.usage_in_bytes', '5000\n')
    await file('sys/fs/cgroup/memory/docker/old/memory.stat', 'inactive_file 1\ntotal_inactive_file 2000\n')
    await file('sys/fs/cgroup/system.slice/docker-new.scope/cgroup.threads', '14\n')
    await file('sys/fs/cgroup/system.slice/docker-new.scope/cpu.stat', 'usage_usec 2500\nuser_usec 1\n')
    await file('sys/fs/cgroup/system.slice/docker-new.scope/memory.current', '700\n')
    await file('sys/fs/cgroup/system.slice/docker-new.scope/memory.stat', 'anon 1\ninactive_file 800\n')
    await file('sys/fs/cgroup/system.slice/docker-bare.scope/cpu.stat', 'usage_usec 2500\n')
    for (const [thread, waitedNs] of Object.entries({ 11: 2e6, 12: 3e9, 14: 5e5 }))
      await file(`proc/${thread}/schedstat`, `1000 ${waitedNs} 3\n`)
    const machine = thisMachine(root)
    expect(machine.machine()).toEqual({ busyMs: 1_630, stolenMs: 800 })
    expect([machine.usedMs('old'), machine.usedMs('new'), machine.usedMs('gone')]).toEqual([1_500, 2.5, null])
    expect(['old', 'new', 'bare', 'gone'].map(machine.usageOf)).toEqual([
      { usedMs: 1_500, memoryBytes: 3_000 },
      // A cache that is more than all is none that could be dropped.
      { usedMs: 2.5, memoryBytes: 700 },
      // Its memory is not counted.
      null,
      null,
    ])
    // One of its threads has ended meanwhile.
    expect([...machine.waitedMs('old')]).toEqual([
      ['11', 2],
      ['12', 3_000],
    ])
    expect([...machine.waitedMs('new')]).toEqual([['14', 0.5]])
    expect([...machine.waitedMs('gone')]).toEqual([])
  })
})
