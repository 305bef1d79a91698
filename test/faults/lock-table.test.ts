import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/docker/output.ts'
import { lockTable } from '../../src/faults/process/lock-table.ts'
import { performUndo, undoByHand } from '../../src/faults/undo.ts'
import { done, fakeScope, fakeWorld, part, whatRemains } from './fake-world.ts'
import { hastyClock } from './hasty-clock.ts'

const signal = new AbortController().signal
const nobody: Outcome = { code: 2, stdout: '', stderr: 'connection to server on socket failed' }

/** A server: `sessions` hold the lock, once there is one it was granted after so many questions. */
function worldOf({ isInRecovery = false, hasTable = true, isUp = true, grantedAfter = 0 } = {}) {
  const server = { isUp, sessions: 0, asked: 0 }
  const world = fakeWorld({
    clock: hastyClock(),
    exec(_service, command) {
      if (!server.isUp) return nobody
      const sql = command.at(-1) ?? ''
      if (sql.includes('to_regclass')) return done(`${isInRecovery} ${hasTable}\n`)
      if (sql.includes('pg_terminate_backend')) server.sessions = 0
      else if (sql.includes('pg_sleep')) server.sessions = 1
      else if (sql.includes('pg_locks')) return done(`${server.asked++ < grantedAfter ? 0 : server.sessions}\n`)
      else return done(`${server.sessions}\n`)
      return done()
    },
  })
  return { world, server }
}

const params = lockTable.schema.parse({})
const aim = [part('patroni1')]

describe('lock-table', () => {
  it('writes its session down before it begins it, and waits until the lock is granted', async () => {
    const { world, server } = worldOf({ grantedAfter: 3 })
    const scope = fakeScope(world)
    const landed = await lockTable.inject(params, aim, scope, signal)
    scope.close()
    const deeds = world.deeds.map((deed) =>
      deed.startsWith('undo') ? deed : deed.replace(/^.*(SELECT \w+).*$/s, '$1'),
    )
    expect(deeds.slice(0, 2)).toEqual(['undo end-session', 'SELECT pg_sleep'])
    expect(server.asked).toBeGreaterThan(3)
    expect(landed).toMatchObject({
      text: 'had its table events locked',
      textOfSeveral: 'had their tables events locked',
    })
  })

  it('takes the rows that are there instead of the table, and waits until it has them all', async () => {
    const { world } = worldOf({ grantedAfter: 3 })
    const scope = fakeScope(world)
    const landed = await lockTable.inject(lockTable.schema.parse({ rows: true }), aim, scope, signal)
    scope.close()
    expect(landed.text).toBe('had the rows of its table events locked')
    const [begun, asked] = world.deeds.filter((deed) => deed.includes('pg_sleep') || deed.includes('pg_locks'))
    expect(begun).toContain('SELECT count(*) FROM (SELECT FROM events FOR UPDATE) AS held SELECT pg_sleep(120)')
    expect(begun).not.toContain('LOCK TABLE')
    expect(asked).toContain("mode = 'RowShareLock' AND wait_event = 'PgSleep'")
  })

  it('is undone by ending the session, and once more without harm', async () => {
    const { world, server } = worldOf()
    const scope = fakeScope(world)
    await lockTable.inject(params, aim, scope, signal)
    scope.close()
    const [undo] = structuredClone(scope.undos)
    if (undo === undefined) throw new Error('nothing was deferred')
    expect(await whatRemains(undo, world, signal)).toContain('still holds its lock')
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(server.sessions).toBe(0)
    expect(await whatRemains(undo, world, signal)).toBeNull()
    expect(undoByHand(undo, world)).toMatch(
      /^docker exec lab_patroni1_1 sh -c 'psql .* -c "SELECT pg_terminate_backend.* = \\\$\\\$chaoslab-[^"$]+\\\$\\\$"'$/,
    )
  })

  it('needs no undo where no server answers: the session went with it', async () => {
    const { world, server } = worldOf()
    const scope = fakeScope(world)
    await lockTable.inject(params, aim, scope, signal)
    scope.close()
    server.isUp = false
    expect(await performUndo(scope.undos[0] as never, world)).toEqual({ ok: true })
    expect(await whatRemains(scope.undos[0] as never, world, signal)).toBeNull()
  })

  it('says what the engine says where nothing can be run in the container, which goes to standard output', async () => {
    const refused = 'OCI runtime exec failed: exec failed: cannot join its cgroup: unknown\r\n'
    const world = fakeWorld({ clock: hastyClock(), exec: () => ({ code: 126, stdout: refused, stderr: '' }) })
    expect(await lockTable.refusal?.(params, aim, world, signal)).toBe(
      'patroni1: OCI runtime exec failed: exec failed: cannot join its cgroup: unknown',
    )
    await expect(lockTable.inject(params, aim, fakeScope(world), signal)).rejects.toThrow('cannot join its cgroup')
  })

  it('gives up where others keep the lock from it', async () => {
    const { world } = worldOf({ grantedAfter: 1_000 })
    const scope = fakeScope(world)
    await expect(lockTable.inject(params, aim, scope, signal)).rejects.toThrow('was not locked: others hold it')
  })

  it.each([
    ['a standby', { isInRecovery: true }, 'is a standby'],
    ['a table that is not there', { hasTable: false }, 'there is no table events in the database app'],
    ['a server that does not answer', { isUp: false }, 'PostgreSQL on patroni1 does not answer'],
  ])('refuses %s', async (_name, server, why) => {
    const { world } = worldOf(server)
    expect(await lockTable.refusal?.(params, aim, world, signal)).toContain(why)
  })

  it('takes no name that SQL would read as more', () => {
    expect(lockTable.schema.safeParse({ table: "events'; DROP" }).success).toBe(false)
  })
})
