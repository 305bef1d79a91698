import { expect, test } from 'vitest'
import { containersPanel } from '../../src/tui/panels/containers.ts'
import { container, play, shape, started, type Timed } from '../model/events.ts'

const hostOf = Object.fromEntries(
  Object.keys(shape.containerOf).map((part) => [part, part.startsWith('etcd') ? 'west' : 'east']),
)
const engine = (host: string, error?: string): Timed[1] => ({
  type: 'docker.engine',
  host,
  reading: error === undefined ? { ok: true, value: { version: '26.1' } } : { ok: false, error },
})
const seen: readonly Timed[] = [
  [0, { ...started, lab: { ...shape, hostOf } } as Timed[1]],
  [1, engine('east')],
  [2, engine('west')],
  [3, container('etcd1', 'running')],
  [4, container('patroni2', 'running')],
]

function draw(events: readonly Timed[], nowMs: number, height = 8) {
  const scene = { state: play(events), nowMs, width: 90, height, isFocused: false, selected: null, filter: '' }
  const { summary, lines } = containersPanel.draw(scene)
  const text = (line: readonly { readonly text: string }[]) => line.map((each) => each.text).join('')
  return {
    summary: text(summary as never),
    lines: lines.map((line) =>
      text(line as never)
        .replaceAll(/\s+/g, ' ')
        .trim(),
    ),
  }
}

test('each container is shown with its host', () => {
  const { lines } = draw(seen, 5)
  expect(lines[0]).toMatch(/^service host state/)
  expect(lines).toContainEqual(expect.stringMatching(/^etcd1 west ● running/))
  expect(lines).toContainEqual(expect.stringMatching(/^patroni2 east ● running/))
})

test('what a host that does not answer said last is not shown as what is so now', () => {
  const { summary, lines } = draw([...seen, [1_000, engine('west', 'timeout')]], 3_000)
  expect(summary).toContain('west')
  expect(lines).toContainEqual(expect.stringMatching(/^etcd1 west \? running/))
  expect(lines).toContainEqual(expect.stringMatching(/^patroni2 east ● running/))
  expect(lines.at(-1)).toBe('west unreachable for 2 s')
})

test('what a host would take along is told before it is lost, where there is room', () => {
  const told = 'without the host west etcd has no quorum: etcd1, etcd2 and etcd3 would be gone'
  expect(draw(seen, 5, 12).lines).toContain(told)
  expect(draw(seen, 5, 4).lines).not.toContain(told)
  expect(draw(seen, 5, 4).lines).toContainEqual(expect.stringMatching(/^patroni2 east/))
})
