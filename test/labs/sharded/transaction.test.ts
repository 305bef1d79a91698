import { expect, it } from 'vitest'
import { branchOf, gidOfBranch, newGid } from '../../../labs/sharded/executor/transaction.ts'

it('finds the transaction of a branch again, whatever the script and the database are called', () => {
  for (const name of ['a.sql', "it's; DROP TABLE x", 'ї'.repeat(300), '']) {
    const gid = newGid(name)
    expect(gidOfBranch(branchOf(gid, 'db_0'))).toBe(gid)
    expect(gidOfBranch(branchOf(gid, 'host.name-1'))).toBe(gid)
    expect(Buffer.byteLength(branchOf(gid, 'db_0'))).toBeLessThan(200)
  }
})

it('takes nobody else’s prepared transaction for its own', () => {
  for (const other of ['x', '1_abc_2', 'shard-executor', 'shard-executor_x', `${newGid('a')}`]) {
    expect(gidOfBranch(other)).toBeNull()
  }
})
