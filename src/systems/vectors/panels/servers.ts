import { count } from '../../../draw/format.ts'
import { join, line, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex, sign } from '../../../draw/panel.ts'
import { type Column, table } from '../../../draw/table.ts'
import { sight } from '../../../model/sight.ts'
import type { State } from '../../../model/state.ts'
import { sum } from '../../../model/sum.ts'
import { shardsOf, vectorsOf } from '../known.ts'
import { vectorsIn } from '../shape.ts'

/** Gateways and nodes, and what each of them holds. */
export const serversPanel: Panel = {
  id: 'vectors',
  title: 'Servers',
  draw,
  inputs: ({ lab, system, nodes }) => [lab, system, nodes],
  everyMs: 500,
  rows: names,
  rowsAre: 'parts',
  size: (state) => ({ least: 4, wanted: names(state).length + 3 }),
  rank: 20,
}

function names({ lab }: State): readonly string[] {
  const shape = vectorsIn(lab)
  return shape === null ? [] : [...shape.gateways, ...shape.vectorNodes]
}

type Row = ReturnType<typeof rowOf>

const columns: readonly Column<Row>[] = [
  { title: '', width: 1, cell: (row) => row.sign },
  { title: 'server', width: 8, cell: (row) => span(row.name, 'bold') },
  // Two shards by their names.
  { title: 'leads', width: 16, isGrowing: true, cell: (row) => row.leads },
  { title: 'copies', width: 6, align: 'right', cell: (row) => row.copies },
  { title: 'vectors', width: 8, align: 'right', cell: (row) => row.vectors },
  { title: 'storage', width: 12, leaves: 1, cell: (row) => row.storage },
]

function draw(scene: Scene): PanelContent {
  const { state, nowMs, width, height } = scene
  const rows = names(state).map((name) => rowOf(state, name, nowMs))
  const lines = table({
    columns,
    rows,
    width,
    height: height - 1,
    selected: selectedIndex(scene, names(state)),
    merge: (row) => (row.absent === null ? null : { from: 'leads', until: 'vectors', span: row.absent }),
  })
  const away = rows.filter(({ absent }) => absent !== null).length
  const answering = line(span(`${rows.length - away} of ${rows.length} answer`, away > 0 ? 'bad' : 'good'))
  return { summary: join([answering]), lines }
}

function rowOf(state: State, name: string, nowMs: number) {
  const { gateways, nodes } = vectorsOf(state)
  const shape = vectorsIn(state.lab)
  const isGateway = shape?.gateways.includes(name) === true
  const seen = isGateway ? sight(gateways[name], nowMs) : sight(nodes[name], nowMs)
  const copies = nodes[name]?.value?.copies ?? []
  const led = shardsOf(state).filter(({ leader }) => leader === name)
  const rows = sum(copies.map((copy) => copy.rows ?? 0))
  return {
    name,
    sign: sign(seen, isGateway || led.length > 0),
    leads: span(isGateway ? 'gateway' : led.map(({ id }) => id).join(', ') || '–', isGateway ? 'dim' : 'plain'),
    copies: isGateway ? '' : String(copies.length),
    vectors: isGateway ? '' : count(rows),
    storage: isGateway ? span('') : storageOf(state, shape?.vectorNodes.indexOf(name) ?? -1, nowMs),
    absent: absence(seen),
  }
}

function storageOf(state: State, at: number, nowMs: number) {
  const store = state.lab?.nodes[at]
  if (store === undefined) return span('in memory', 'dim')
  return absence(sight(state.nodes[store]?.postgres, nowMs)) ?? span(store, 'dim')
}
