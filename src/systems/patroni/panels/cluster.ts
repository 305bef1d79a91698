import { wrapText } from '../../../draw/cells.ts'
import { age, bytes } from '../../../draw/format.ts'
import { leadGist } from '../../../draw/lead-gist.ts'
import { fitLine, type Line, line, type Span, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex, sign } from '../../../draw/panel.ts'
import { type Column, table } from '../../../draw/table.ts'
import { sight } from '../../../model/sight.ts'
import { formatLsn } from '../../../model/units.ts'
import type { PatroniMember } from '../events.ts'
import { nodeNames } from '../names.ts'
import { patroniOf, type State } from '../state.ts'
import { disagreements } from './agreement.ts'
import { type KeyWord, keyWord } from './leader-key.ts'

/** The members: each one's own word, PostgreSQL's word, and where they contradict `/cluster` or the leader key. */
export const clusterPanel: Panel = {
  id: 'cluster',
  title: 'Cluster',
  draw,
  inputs: ({ lab, system, splitBrain }) => [lab, system, splitBrain],
  everyMs: 500,
  rows: (state) => nodeNames(patroniOf(state)),
  rowsAre: 'parts',
  size({ lab }) {
    const least = 2 + 1 + Math.max(1, lab?.nodes.length ?? 3) + 1
    return { least, wanted: least + 3 }
  },
  rank: 10,
}

function draw(scene: Scene): PanelContent {
  const { nowMs, width, height } = scene
  const state = patroniOf(scene.state)
  const names = nodeNames(state)
  const rows = names.map((name) => memberRow(state, name, nowMs))
  const timing = fitLine(timingLine(state, nowMs), width)
  const tableHeight = Math.max(1, Math.min(names.length, height - 1 - Math.min(1, height - 3)))
  const members = table({
    columns,
    rows,
    width,
    height: tableHeight,
    selected: selectedIndex(scene, names),
    merge: (row) => (row.absent === null ? null : { from: 'state', until: 'lag', span: row.absent }),
  })
  const room = Math.max(0, height - members.length - 1)
  const notes = noteLines(state, nowMs, rows)
  return {
    summary: summary(scene, rows),
    lines: [...members, timing, ...noteRows(notes, room, width)],
  }
}

type MemberRow = ReturnType<typeof memberRow>

const columns: readonly Column<MemberRow>[] = [
  { title: '', width: 1, cell: (row) => row.sign },
  { title: 'member', width: 9, isGrowing: true, cell: (row) => span(row.name, 'bold') },
  { title: 'role', width: 12, cell: (row) => row.role },
  { title: 'state', width: 9, cell: (row) => row.state },
  { title: 'TL', width: 3, align: 'right', cell: (row) => row.timeline },
  { title: 'lag', width: 7, align: 'right', cell: (row) => row.lag },
  { title: 'postgres', width: 9, cell: (row) => row.postgres },
  { title: 'LSN', width: 10, align: 'right', leaves: 1, cell: (row) => row.lsn },
  { title: 'error', width: 28, leaves: 2, cell: (row) => span(row.error, 'dim') },
]

function memberRow(state: State, name: string, nowMs: number) {
  const own = sight(state.nodes[name]?.patroni, nowMs)
  const postgres = sight(state.nodes[name]?.postgres, nowMs)
  const cluster = sight(state.cluster, nowMs)
  const listed = cluster.type === 'fresh' ? cluster.value.members.find((member) => member.name === name) : undefined
  const key = keyWord(state, nowMs)
  const isHolder = key.type === 'held' && key.holder === name
  const value = own.type === 'fresh' ? own.value : null
  const position = postgres.type === 'fresh' ? postgres.value.lsn : (value?.lsn ?? null)
  const errors = [own, postgres].flatMap((each) => (each.type === 'unreachable' ? [each.error] : []))
  return {
    name,
    sign: sign(own, isHolder),
    role: roleOf(value?.role ?? null, isHolder, key, listed),
    state: stateOf(value?.state ?? '', listed),
    timeline: value?.timeline?.toString() ?? '',
    lag: lagOf(listed, isHolder),
    postgres: postgresWord(postgres),
    lsn: position === null ? '' : formatLsn(position),
    absent: absence(own),
    error: errors[0] ?? '',
  }
}

function roleOf(own: string | null, isHolder: boolean, key: KeyWord, listed: PatroniMember | undefined): Span {
  if (own === null) return isHolder ? span('holds key?', 'bad') : span('?', 'dim')
  if (isHolder) {
    if (own === 'primary') return span('LEADER', 'good')
    return own === 'standby_leader' ? span('STANDBY LDR', 'good') : span('promoting', 'warn')
  }
  if (own === 'primary') return key.type === 'never' ? span('primary') : span('primary?', 'bad')
  if (own !== 'replica') return span(own.replaceAll('_', ' '), 'warn')
  if (listed?.role === 'sync_standby') return span('sync standby')
  return listed?.role === 'quorum_standby' ? span('quorum stby') : span('replica')
}

/** A running replica's finer state comes from `/cluster`; anything else is the node's own word. */
function stateOf(own: string, listed: PatroniMember | undefined): Span {
  const isReplica = listed !== undefined && listed.role !== 'leader' && listed.role !== 'standby_leader'
  const text = own === 'running' && isReplica ? listed.state : own
  return span(text, text === 'running' || text === 'streaming' ? 'plain' : 'warn')
}

function lagOf(listed: PatroniMember | undefined, isHolder: boolean): Span {
  if (listed === undefined) return span('?', 'dim')
  if (listed.lagBytes === null) return span(isHolder ? '–' : '', 'dim')
  if (listed.lagBytes === 'unknown') return span('unknown', 'warn')
  return span(bytes(listed.lagBytes), listed.lagBytes >= 1_048_576 ? 'warn' : 'plain')
}

function postgresWord(seen: ReturnType<typeof sight<{ readonly isInRecovery: boolean }>>): Span {
  if (seen.type === 'fresh') return span(seen.value.isInRecovery ? 'standby' : 'primary')
  if (seen.type === 'unreachable') return span('no answer', 'bad')
  return seen.type === 'silent' ? span('no news', 'warn') : span('?', 'dim')
}

function noteLines(state: State, nowMs: number, rows: readonly MemberRow[]): Span[] {
  const found = disagreements(state, nowMs)
  if (found.length > 0) return found
  const isTold = keyWord(state, nowMs).type !== 'never' && sight(state.cluster, nowMs).type === 'fresh'
  const who = rows.some((row) => row.absent !== null) ? 'the nodes that answer' : 'all nodes'
  return isTold ? [span(`✓ /cluster and the leader key agree with ${who}`, 'dim')] : []
}

/** The notes in as many rows as there are; when they do not fit, the last one says how many are left out. */
function noteRows(notes: readonly Span[], room: number, width: number): Line[] {
  const wrapped = notes.flatMap((note) =>
    wrapText(note.text, width - 3).map((text, index) => line(index === 0 ? ' ' : '   ', { ...note, text })),
  )
  if (wrapped.length <= room) return wrapped
  const shown = notes.slice(0, Math.max(0, room))
  const hidden = notes.length - shown.length
  return shown.map((note, index) =>
    line(' ', hidden > 0 && index === shown.length - 1 ? span(`(+${hidden}) ${note.text}`, note.style) : note),
  )
}

function timingLine(state: State, nowMs: number): Line {
  const { config, cluster } = state
  if (config.value === null) return line(' ', span('timing not seen yet', 'dim'))
  const { ttlSeconds, loopWaitSeconds, retryTimeoutSeconds, isSynchronous, isFailsafe } = config.value
  const isPaused = cluster.value?.isPaused === true
  const old = config.unreachableSinceMs === null ? '' : ` (${age(nowMs - (config.seenAtMs ?? nowMs))} old)`
  return line(
    ' ',
    ...(isPaused ? [span(' PAUSED ', 'caution'), span(' ')] : []),
    span(`ttl ${ttlSeconds} s · loop ${loopWaitSeconds} s · retry ${retryTimeoutSeconds} s`, 'dim'),
    span(` · sync ${isSynchronous ? 'on' : 'off'} · failsafe ${isFailsafe ? 'on' : 'off'}${old}`, 'dim'),
  )
}

function summary(scene: Scene, rows: readonly MemberRow[]): Line {
  const key = keyWord(patroniOf(scene.state), scene.nowMs)
  const leader =
    key.type === 'held'
      ? line('leader ', span(key.holder, 'bold'))
      : key.type === 'none'
        ? line(span('no leader', 'bad'))
        : []
  return rows.length === 0 ? leader : leadGist(leader, rows, scene)
}
