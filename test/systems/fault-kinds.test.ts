import { describe, expect, it } from 'vitest'
import { faultKinds, faultKindsOf } from '../../src/systems/fault-kinds.ts'
import { pair } from '../../src/systems/pair/system.ts'
import { patroni } from '../../src/systems/patroni/system.ts'
import { registrations } from '../../src/systems/registrations/system.ts'

const typesOf = (kinds: readonly { readonly type: string }[]) => kinds.map(({ type }) => type)

describe('what a system can suffer', () => {
  it('is what any can, and what is its own', () => {
    expect(typesOf(faultKindsOf([patroni]))).toEqual(expect.arrayContaining(['kill', 'delete-leader-key']))
    expect(typesOf(faultKindsOf([registrations]))).toEqual(expect.arrayContaining(['kill', 'split-marks']))
  })

  it('is nothing of another system', () => {
    expect(typesOf(faultKindsOf([patroni]))).not.toContain('split-marks')
    expect(typesOf(faultKindsOf([pair]))).not.toContain('delete-leader-key')
  })

  it('is there once where several systems are of one kind', () => {
    const types = typesOf(faultKindsOf([patroni, patroni]))
    expect(new Set(types).size).toBe(types.length)
    expect(new Set(typesOf(faultKinds)).size).toBe(faultKinds.length)
  })
})
