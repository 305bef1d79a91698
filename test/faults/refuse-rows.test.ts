import { describe, expect, it } from 'vitest'
import { refuseRows } from '../../src/faults/process/refuse-rows.ts'
import { performUndo, undoByHand } from '../../src/faults/undo.ts'
import { done, fakeScope, fakeWorld, part, whatRemains } from './fake-world.ts'

const signal = new AbortController().signal
const params = refuseRows.schema.parse({ table: 'accounts' })
const aim = [part('patroni1')]

/** A server whose table has a constraint, or has not. */
function worldOf() {
  const server = { isUp: true, constraints: 0, isLocked: false }
  const world = fakeWorld({
    exec(_service, command) {
      if (!server.isUp) return { code: 2, stdout: '', stderr: 'connection to server on socket failed' }
      const sql = command.at(-1) ?? ''
      if (sql.includes('to_regclass')) return done('false true\n')
      if (sql.includes('pg_constraint')) return done(`${server.constraints}\n`)
      if (server.isLocked) return { code: 1, stdout: '', stderr: 'ERROR:  canceling statement due to lock timeout\n' }
      server.constraints = sql.includes('ADD CONSTRAINT') ? 1 : 0
      return done()
    },
  })
  return { world, server }
}

async function injected() {
  const { world, server } = worldOf()
  const scope = fakeScope(world)
  const landed = await refuseRows.inject(params, aim, scope, signal)
  scope.close()
  const [undo] = structuredClone(scope.undos)
  if (undo === undefined) throw new Error('nothing was deferred')
  return { world, server, landed, undo }
}

describe('refuse-rows', () => {
  it('adds a constraint that no row meets, and takes it away again, once more without harm', async () => {
    const { world, server, landed, undo } = await injected()
    expect(landed.text).toBe('took no rows of the table accounts any more')
    expect(server.constraints).toBe(1)
    const deeds = world.deeds.filter((deed) => deed.includes('undo') || deed.includes('CHECK (false)'))
    expect(deeds[0]).toBe('undo drop-constraint')
    expect(await whatRemains(undo, world, signal)).toBe('patroni1 still refuses rows of the table accounts')
    expect(undoByHand(undo, world)).toMatch(/^docker exec lab_patroni1_1 sh -c 'psql .*DROP CONSTRAINT IF EXISTS/)
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(await performUndo(undo, world)).toEqual({ ok: true })
    expect(server.constraints).toBe(0)
    expect(await whatRemains(undo, world, signal)).toBeNull()
  })

  it('is not taken back, and says so, where nobody answers or the table is locked: it would be there afterwards', async () => {
    const { world, server, undo } = await injected()
    server.isLocked = true
    expect(await performUndo(undo, world)).toMatchObject({ ok: false })
    server.isUp = false
    expect(await performUndo(undo, world)).toMatchObject({ ok: false })
    expect(await whatRemains(undo, world, signal)).toContain('may still refuse')
  })

  it('does not begin where others keep the table from it', async () => {
    const { world, server } = worldOf()
    server.isLocked = true
    const scope = fakeScope(world)
    await expect(refuseRows.inject(params, aim, scope, signal)).rejects.toThrow('lock timeout')
    scope.close()
  })

  it('is refused where there is no server', async () => {
    const { world, server } = worldOf()
    server.isUp = false
    expect(await refuseRows.refusal?.(params, aim, world, signal)).toBe('PostgreSQL on patroni1 does not answer')
  })
})
