import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { connectEngine } from '../../src/docker/engine.ts'
import { runCommand } from '../../src/docker/run-command.ts'
import { healthyLab } from './healthy-lab.ts'

test('a container removed behind the lab’s back is told as gone, and seen again when it is made anew', async () => {
  await using t = await healthyLab()
  const before = t.state().containers.prometheus?.container
  expect(before?.state).toBe('running')
  await runCommand('docker', ['rm', '-f', before?.id as string])
  await t.until('it is gone', (s) => s.containers.prometheus?.container === null)
  await using again = await healthyLab()
  await again.until('it is there', (s) => s.containers.prometheus?.container?.state === 'running')
  await t.until('the first lab sees the new one', (s) => {
    const container = s.containers.prometheus?.container
    return container?.state === 'running' && container.id !== before?.id
  })
  await t.until('and its statistics', (s) => s.containers.prometheus?.memoryBytes != null)
})
