import { expect, test } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'
import { act } from './act.ts'
import { engineRelay } from './engine-relay.ts'
import { healthyLab } from './healthy-lab.ts'
import { labFile } from './lab-file.ts'

test('a container removed behind the lab’s back is told as gone, and seen again when it is made anew', async () => {
  await using t = await healthyLab()
  const before = t.state().containers.prometheus?.container
  expect(before?.state).toBe('running')
  await runCommand('docker', ['rm', '-f', before?.id as string])
  await t.until('it is gone', (s) => s.containers.prometheus?.container === null)
  await t.restore()
  await t.until('the new one is seen', (s) => {
    const container = s.containers.prometheus?.container
    return container?.state === 'running' && container.id !== before?.id
  })
  await t.until('and its statistics', (s) => s.containers.prometheus?.memoryBytes != null)
})

test('a cut event stream is told, made anew, and what happened meanwhile is seen', async () => {
  await using relay = await engineRelay()
  await using t = await healthyLab(labFile, {
    environment: { ...process.env, DOCKER_HOST: `unix://${relay.path}` },
  })
  relay.cut()
  await t.until('the stream is seen as cut', (s) => s.engine.unreachableSinceMs !== null)
  await runCommand('docker', ['stop', t.state().containers.prometheus?.container?.id as string])
  relay.mend()
  await t.until('the stream is back', (s) => s.engine.unreachableSinceMs === null)
  await t.until('the stop is seen', (s) => s.containers.prometheus?.container?.state === 'exited')
  await act(t.lab, 'start', 'prometheus')
  await t.until('a start is seen', (s) => s.containers.prometheus?.container?.state === 'running')
  await t.traffic()
})

test('a container that is started by hand is healed of the fault that took it down', async () => {
  await using t = await healthyLab()
  await act(t.lab, 'stop', 'etcd1')
  expect(t.lab.faults?.active()).toMatchObject([{ fault: 'stop', parts: ['etcd1'] }])
  await runCommand('docker', ['start', t.state().containers.etcd1?.container?.id as string])
  await t.until('the fault is over', ({ faults }) => faults.length === 0)
  expect(t.lab.faults?.active()).toEqual([])
  expect(t.events.findLast(({ type }) => type === 'fault.healed')).toMatchObject({
    fault: 'stop',
    parts: ['etcd1'],
    by: { outside: 'start' },
  })
  await t.healthy()
})
