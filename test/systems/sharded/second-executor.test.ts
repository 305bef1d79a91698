import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { performUndo } from '../../../src/faults/undo.ts'
import { systemClock } from '../../../src/log/clock.ts'
import { secondExecutor } from '../../../src/systems/sharded/faults/second-executor.ts'
import { fakeScope, fakeWorld, whatRemains } from '../../faults/fake-world.ts'
import { newFolder } from '../../new-folder.ts'
import { writeProgram } from '../../program.ts'

const signal = new AbortController().signal
const executor = { name: 'executor', kind: 'app', service: 'patroni1' } as const
const params = secondExecutor.schema.parse({ deadMan: '20s' })

let folder = ''
beforeEach(() => {
  folder = newFolder()
})
/** The container is this machine, with an executor that only writes down what it is called with. */
async function worldWith(code: number, variables: NodeJS.ProcessEnv = {}) {
  const called = path.join(folder, 'called')
  const script = `#!/bin/sh\necho "$* in $SHARD_EXECUTOR_GATES" >> ${called}\necho 'a reason' >&2\nsleep 0.05\nexit ${code}\n`
  writeProgram(path.join(folder, 'shard-executor'), script)
  const env = { ...process.env, ...variables, PATH: `${folder}:${process.env.PATH}`, SHARD_EXECUTOR_GATES: '/gates' }
  const world = fakeWorld({
    clock: systemClock(),
    exec(_service, [command = '', ...given]) {
      const { status, stdout, stderr } = spawnSync(command, given, { env, encoding: 'utf8' })
      return { code: status ?? 1, stdout, stderr }
    },
  })
  return { world, calls: async () => (await readFile(called, 'utf8')).trim().split('\n') }
}

it.each([
  ['two-phase', ''],
  ['no-recovery', '--no-recovery '],
  ['one-phase', '--protocol one-phase '],
])('another executor works by %s until it is ended, held at no gate', async (protocol, rule) => {
  const { world, calls } = await worldWith(1, { SHARDED_PROTOCOL: protocol })
  const scope = fakeScope(world)
  const { proof } = await secondExecutor.inject(params, [executor], scope, signal)
  expect(proof).toBe('its first transaction ended with exit code 1')
  const [undo] = structuredClone(scope.undos)
  if (undo === undefined) throw new Error('nothing was deferred')
  expect(await whatRemains(undo, world, signal)).toContain('still runs')
  expect(await performUndo(undo, world)).toEqual({ ok: true })
  expect(await performUndo(undo, world)).toEqual({ ok: true })
  expect(await whatRemains(undo, world, signal)).toBeNull()
  const { mark } = undo.params as { mark: string }
  expect(existsSync(`/tmp/${mark}.sql`)).toBe(false)
  const [first] = await calls()
  expect(first).toBe(`apply /tmp/${mark}.sql --name ${mark}:1 --lock-timeout 1s --deadline 5s ${rule}in `)
  scope.close()
  await rm(`/tmp/${mark}.log`)
})

it('one that cannot try anything is no fault: it says why', async () => {
  const { world } = await worldWith(2)
  const scope = fakeScope(world)
  await expect(secondExecutor.inject(params, [executor], scope, signal)).rejects.toThrow('exit code 2: a reason')
  const [undo] = structuredClone(scope.undos)
  if (undo === undefined) throw new Error('nothing was deferred')
  expect(await performUndo(undo, world)).toEqual({ ok: true })
  scope.close()
  await rm(`/tmp/${(undo.params as { mark: string }).mark}.log`)
})
