import { expect, test } from 'vitest'
import { nodeAt } from '../../src/lab/node-at.ts'
import { container, play, postgres, shape, started, type Timed } from '../model/events.ts'

const at = (address: string, ...events: readonly Timed[]) =>
  nodeAt({ current: () => play([[0, started], ...events]) }, shape)(address)

/** Docker's word on a node's container. */
function there(node: string, addresses: readonly string[]): Timed {
  const { container: one, ...told } = container(shape.containerOf[node] ?? '', 'running') as ReturnType<
    typeof container
  > & { container: object }
  return [1, { ...told, container: { ...one, addresses } } as Timed[1]]
}

test('the node that has an address is told by its container', () => {
  expect(at('172.30.91.21', there('patroni1', ['172.30.91.21']))).toBe('patroni1')
})

test('what a node finds as its own address behind a published port is not what others have', () => {
  // Every host numbers its own gateway network alike: two nodes say the same of themselves.
  const said = (node: string): Timed => [2, postgres(node, { address: '172.18.0.3' })]
  const events = [
    there('patroni1', ['172.30.91.21']),
    there('patroni2', ['172.30.91.22']),
    said('patroni1'),
    said('patroni2'),
  ]
  expect(at('172.30.91.22', ...events)).toBe('patroni2')
})

test('where no container tells, the nodes themselves do, and nobody is made up', () => {
  const said: Timed = [2, postgres('patroni3', { address: '10.0.0.3' })]
  expect(at('10.0.0.3', said)).toBe('patroni3')
  expect(at('10.0.0.9', said)).toBe('10.0.0.9')
})

test('what was answered before is looked up again once there is other word', () => {
  const events: Timed[] = [[0, started], there('patroni1', ['172.30.91.21'])]
  const named = nodeAt({ current: () => play(events) }, shape)
  expect(named('172.30.91.23')).toBe('172.30.91.23')
  events.push(there('patroni2', ['172.30.91.23']))
  expect(named('172.30.91.23')).toBe('patroni2')
  events.push(there('patroni2', []), [3, postgres('patroni3', { address: '172.30.91.23' })])
  expect(named('172.30.91.23')).toBe('patroni3')
})
