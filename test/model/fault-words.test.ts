import { describe, expect, it } from 'vitest'
import { describeFault } from '../../src/model/describe-fault.ts'
import type { FaultLanded } from '../../src/model/events.ts'
import type { AnatomyFault } from '../../src/model/explained.ts'
import type { Anatomy } from '../../src/systems/patroni/explain/shapes.ts'
import { sentenceOf } from '../../src/systems/patroni/explain/tell-anatomy.ts'
import { healthy, run } from './anatomy-events.ts'
import { container, happened } from './events.ts'

const loses = { text: 'loses 20 % of its packets', textOfSeveral: 'lose 20 % of their packets' }

/** The sentence of an outage that these led to, each a fault of its own. */
function told(causes: readonly Pick<AnatomyFault, 'part' | 'text' | 'textOfSeveral'>[]): string {
  const faults = causes.map((each): AnatomyFault => ({ how: 'other', atMs: 1_000, seq: 1, liftedMs: null, ...each }))
  const outage = { kind: 'write', lastAckMs: 1_000, firstErrorMs: 1_100, firstAckMs: null, errors: {} }
  const anatomy = {
    of: 'write',
    kind: 'leader-kept',
    to: 'patroni3',
    isOpen: true,
    startMs: 1_000,
    endMs: null,
    outage,
  }
  return sentenceOf({ ...anatomy, phases: [], moments: [], causes: faults, during: [] } as unknown as Anatomy)
}

describe('what a fault did', () => {
  it('is told of one part and of several, each fault of its own or one for all', () => {
    expect(told([{ part: 'patroni1', ...loses }])).toMatch(/^patroni1 loses 20 % of its packets: /)
    const both = [
      { part: 'patroni2', ...loses },
      { part: 'patroni1', ...loses },
    ]
    expect(told(both)).toMatch(/^patroni1 and patroni2 lose 20 % of their packets: /)
    const landed: FaultLanded = { type: 'fault.landed', fault: 'loss', parts: ['patroni1', 'patroni2'], ...loses }
    expect(describeFault({ atMs: 0, ...landed })).toMatchObject([
      { text: 'patroni1 and patroni2 lose 20 % of their packets' },
    ])
  })

  it('is told of several as of one where it is the same, as recordings made before have it', () => {
    const ended = { text: 'ran out of memory' }
    expect(told(['etcd1', 'etcd2', 'etcd3'].map((part) => ({ part, ...ended })))).toMatch(
      /^etcd1, etcd2 and etcd3 ran out of memory: /,
    )
  })

  it('is told apart where two parts met different faults', () => {
    expect(
      told([
        { part: 'etcd2', ...loses },
        { part: 'etcd1', text: 'was killed' },
      ]),
    ).toMatch(/^etcd2 loses 20 % of its packets; etcd1 was killed: /)
  })

  it('has both forms where Docker tells of it', () => {
    const { anatomy } = run(healthy(), [[20, container('pg-one', 'running')]], [[1_000, happened('pg-one', 'pause')]])
    expect(anatomy.observations.seen).toContainEqual(
      expect.objectContaining({ is: 'fault', text: 'was paused', textOfSeveral: 'were paused' }),
    )
  })
})
