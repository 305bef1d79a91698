import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { armedGates, gatesIn } from '../../../labs/sharded/executor/gates.ts'
import { newFolder } from '../../new-folder.ts'

let folder = ''
beforeEach(() => {
  folder = newFolder()
})
const reached = () => existsSync(path.join(folder, 'before-commit.reached'))

it('a gate that nobody has armed holds nobody', async () => {
  await gatesIn(folder).pass('before-commit', 8)
  expect(reached()).toBe(false)
})

it('the first transaction at the database that it is armed for is held, the others pass, and it goes on when it is opened', async () => {
  const gates = gatesIn(folder)
  const armed = armedGates(folder)
  armed.arm('before-commit', { of: 8, holdMs: 60_000 })
  await gates.pass('before-commit', 7)
  let isHeld = false
  const held = gates.pass('before-commit', 8, () => {
    isHeld = true
  })
  await gates.pass('before-commit', 8, () => expect.unreachable())
  expect([isHeld, reached()]).toEqual([true, true])
  armed.open('before-commit')
  await held
  expect([armed.all(), reached()]).toEqual([[], false])
})

it('whoever is held goes on by itself when its time is over, and the gate is armed no more', async () => {
  const armed = armedGates(folder)
  armed.arm('before-commit', { of: 1, holdMs: 30 })
  await gatesIn(folder).pass('before-commit')
  expect([armed.all(), reached()]).toEqual([[], false])
})

it('a file that says nothing means the first database; and what is armed when an executor begins is opened', () => {
  writeFileSync(path.join(folder, 'before-prepare'), 'whatever')
  expect(gatesIn(folder).armed('before-prepare')).toBe(1)
  expect(armedGates(folder).all()).toEqual([])
})

it('where a transaction comes with all its databases, one of at least so many is held', async () => {
  const gates = gatesIn(folder)
  const armed = armedGates(folder)
  for (const [of, databases] of [
    [1, 16],
    [16, 16],
  ] as const) {
    armed.arm('after-prepare', { of, holdMs: 60_000 })
    if (of > 2) await gates.pass('after-prepare', 2, () => expect.unreachable())
    let isHeld = false
    const held = gates.pass('after-prepare', databases, () => {
      isHeld = true
    })
    expect(isHeld).toBe(true)
    armed.open('after-prepare')
    await held
  }
})
