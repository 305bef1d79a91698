import { age, bytes, sortedNames } from '../../draw/format.ts'
import { fitLine, join, type Line, line, type Span, span } from '../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex } from '../../draw/panel.ts'
import { type Column, table } from '../../draw/table.ts'
import type { FaultInForce } from '../../model/faults-in-force.ts'
import { partOf } from '../../model/part-of.ts'
import { sight } from '../../model/sight.ts'
import type { ContainerState, State } from '../../model/state.ts'
import { lossesOf, tellLoss } from '../../systems/placement.ts'

/** What Docker says of every container of the lab; the row under the cursor is what the keys act on. */
export const containersPanel: Panel = {
  id: 'containers',
  title: 'Containers',
  draw,
  inputs: ({ lab, containers, engine, engines, faults }) => [lab, containers, engine, engines, faults],
  everyMs: 1_000,
  rows: containerNames,
  rowsAre: 'services',
  // Known from the first frame on: panels do not move while containers come in.
  size({ lab, containers }) {
    const expected = Object.keys(lab?.containerOf ?? {}).length + 1
    const rows = lab === null ? 8 : Math.max(expected, Object.keys(containers).length)
    return { least: 5, wanted: 2 + 1 + rows + lossesIn({ lab }).length }
  },
  row: 4,
  rank: 60,
  grows: [0, 0, Number.POSITIVE_INFINITY],
}

function draw(scene: Scene): PanelContent {
  const { state, nowMs, width, height } = scene
  const names = containerNames(state)
  const absent = absentEngines(state, nowMs)
  const warning = absent.map(({ who, why }) => fitLine(line(' ', span(`${who} `, 'bad'), why), width))
  const rows = names.map((name) => ({
    name,
    ...hostOf(state, name),
    ...(state.containers[name] as ContainerState),
    fault: onItsWay(state, name),
  }))
  const spare = height - 1 - names.length - warning.length
  const losses = lossesIn(state).map((text) => fitLine(line(' ', span(text, 'dim')), width))
  const lost = losses.slice(0, Math.max(0, spare))
  const lines = table({
    columns: state.lab?.hostOf === undefined ? columns(nowMs) : withHost(columns(nowMs)),
    rows,
    width,
    height: Math.max(1, height - 1 - warning.length - lost.length),
    selected: selectedIndex(scene, names),
  })
  return {
    summary: summary(state, absent[0] ?? null),
    lines: names.length === 0 ? warning : [...lines, ...lost, ...warning],
  }
}

/** What a host or a site would take along, before it is lost. */
function lossesIn({ lab }: Pick<State, 'lab'>): readonly string[] {
  return lab?.hostOf === undefined ? [] : lossesOf(lab).map(tellLoss)
}

function containerNames(state: State): string[] {
  return sortedNames(Object.keys(state.containers))
}

/** Docker, or each host whose engine does not answer. */
interface Absent {
  readonly who: string
  readonly why: Span
}

function absentEngines({ engine, engines }: State, nowMs: number): readonly Absent[] {
  const hosts = Object.entries(engines).sort(([a], [b]) => a.localeCompare(b))
  const all = hosts.length > 0 ? hosts : [['Docker', engine] as const]
  return all.flatMap(([who, seen]) => {
    const found = sight(seen, nowMs, Number.POSITIVE_INFINITY)
    const why = found.type === 'unreachable' ? absence(found) : null
    return why === null ? [] : [{ who, why }]
  })
}

interface ContainerRow extends ContainerState {
  readonly name: string
  /** In a lab on several. */
  readonly host: string | null
  /** Its host's engine does not answer: what it said last is of then. */
  readonly isOfThen: boolean
  /** What is being injected into it. */
  readonly fault: FaultInForce | null
}

function columns(nowMs: number): Column<ContainerRow>[] {
  return [
    { title: 'service', width: 11, isGrowing: true, cell: (row) => span(row.name, 'bold') },
    { title: 'state', width: 13, cell: (row) => stateOf(row, nowMs) },
    { title: 'health', width: 9, cell: (row) => healthOf(row) },
    { title: 'CPU', width: 6, align: 'right', cell: (row) => (row.cpuCores === null ? '' : percent(row.cpuCores)) },
    {
      title: 'memory',
      width: 8,
      align: 'right',
      cell: (row) => (row.memoryBytes === null ? '' : bytes(row.memoryBytes)),
    },
    { title: 'container', width: 20, leaves: 2, cell: (row) => span(row.container?.name ?? '', 'dim') },
    { title: 'id', width: 12, leaves: 3, cell: (row) => span(row.container?.id.slice(0, 12) ?? '', 'dim') },
  ]
}

function hostOf({ lab, engines }: State, service: string): Pick<ContainerRow, 'host' | 'isOfThen'> {
  const host = lab?.hostOf?.[partOf(lab, service) ?? ''] ?? null
  return { host, isOfThen: host !== null && engines[host]?.unreachableSinceMs != null }
}

function withHost([service, ...others]: Column<ContainerRow>[]): Column<ContainerRow>[] {
  const host: Column<ContainerRow> = { title: 'host', width: 8, leaves: 1, cell: (row) => span(row.host ?? '', 'dim') }
  return service === undefined ? [host] : [service, host, ...others]
}

function stateOf({ container, fault, isOfThen }: ContainerRow, nowMs: number): Span {
  if (fault !== null) return span(`→ ${fault.fault} ${age(nowMs - fault.requestedMs)}`, 'accent')
  if (isOfThen) return span(`? ${container?.state ?? 'absent'}`, 'dim')
  if (container === null) return span('✗ absent', 'bad')
  if (container.state === 'running') return span('● running', 'good')
  if (container.state === 'paused') return span('○ paused', 'warn')
  if (container.state === 'exited') return span(`✗ exited ${container.exitCode ?? ''}`, 'bad')
  return span(`○ ${container.state}`, 'warn')
}

function healthOf({ container }: ContainerRow): Span {
  if (container === null || container.state === 'exited') return span('–', 'dim')
  if (container.health === 'unhealthy') return span('unhealthy', 'bad')
  return container.health === 'starting' ? span('starting', 'warn') : span(container.health ?? '–', 'dim')
}

function onItsWay({ lab, faults }: State, service: string): FaultInForce | null {
  const part = partOf(lab, service)
  return faults.findLast(({ parts, landedMs }) => landedMs === null && part !== null && parts.includes(part)) ?? null
}

function percent(cores: number): string {
  return `${(cores * 100).toFixed(cores >= 1 ? 0 : 1)} %`
}

function summary(state: State, absent: Absent | null): Line {
  const all = Object.values(state.containers)
  const up = all.filter(({ container }) => container?.state === 'running').length
  if (absent !== null) return line(`${absent.who} `, absent.why)
  if (all.length === 0) return line(span('not seen yet', 'dim'))
  const paused = all.filter(({ container }) => container?.state === 'paused').length
  return join([
    line(span(`${up} of ${all.length} running`, up < all.length ? 'warn' : 'plain')),
    paused > 0 ? line(span(`${paused} paused`, 'warn')) : [],
  ])
}
