import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inTurn } from '../../src/docker/ssh-logins.ts'

/** Opens so many connections to a place at once. */
function openMany(where: string, count: number): Duplex[] {
  const opened: Duplex[] = []
  for (let n = 0; n < count; n++) {
    void inTurn(where, () => {
      const connection = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
      opened.push(connection)
      return connection
    })
  }
  return opened
}

test('no more than four log in at a place at a time: sshd would turn some of ten away', async () => {
  const opened = openMany('ann@one', 12)
  await setImmediate()
  expect(opened).toHaveLength(4)
  opened[0]?.emit('answered')
  opened[1]?.destroy()
  await setImmediate()
  await setImmediate()
  expect(opened).toHaveLength(6)
})

test('one that answers and is closed makes room once', async () => {
  const opened = openMany('ann@two', 8)
  await setImmediate()
  opened[0]?.emit('answered')
  opened[0]?.destroy()
  await setImmediate()
  await setImmediate()
  expect(opened).toHaveLength(5)
})

test('another place has a turn of its own, and all come to theirs', async () => {
  const [here, there] = [openMany('ann@three', 9), openMany('ann@four', 3)]
  await setImmediate()
  expect(there).toHaveLength(3)
  for (let n = 0; n < 9; n++) {
    here[n]?.emit('answered')
    await setImmediate()
  }
  expect(here).toHaveLength(9)
  expect(openMany('ann@three', 4)).toHaveLength(4)
})
