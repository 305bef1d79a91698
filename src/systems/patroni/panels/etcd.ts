import { gauge } from '../../../draw/chart.ts'
import { age, bytes } from '../../../draw/format.ts'
import { fitLine, join, type Line, line, lineWidth, type Span, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex, sign } from '../../../draw/panel.ts'
import { type Column, table } from '../../../draw/table.ts'
import { type Sight, sight } from '../../../model/sight.ts'
import type { EtcdMember } from '../events.ts'
import { etcdNames } from '../names.ts'
import { quorumWord } from '../quorum.ts'
import { patroniOf, type State } from '../state.ts'
import { keyWord, leaseWord } from './leader-key.ts'

/** The members, whether they can decide anything, and the leader key with what is left of its lease. */
export const etcdPanel: Panel = {
  id: 'etcd',
  title: 'etcd',
  draw,
  inputs: (state) => [state.lab, patroniOf(state).etcd],
  everyMs: 500,
  rows: (state) => etcdNames(patroniOf(state)),
  rowsAre: 'parts',
  size(state) {
    const rows = 2 + 1 + Math.max(1, patroniOf(state).lab?.etcdMembers.length ?? 3) + 1
    return { least: rows, wanted: rows }
  },
}

function draw(scene: Scene): PanelContent {
  const { nowMs, width, height } = scene
  const state = patroniOf(scene.state)
  const names = etcdNames(state)
  const rows = names.map((name) => ({ name, seen: sight(state.etcd.members[name], nowMs) }))
  const members = table({
    columns,
    rows,
    width,
    height: Math.max(1, Math.min(names.length, height - 2)),
    selected: selectedIndex(scene, names),
    merge: ({ seen }) => {
      const absent = absence(seen)
      return absent === null ? null : { from: 'answers', until: 'db', span: absent }
    },
  })
  return { summary: summary(state, nowMs), lines: [...members, fitLine(keyLine(state, nowMs, width), width)] }
}

interface MemberRow {
  readonly name: string
  readonly seen: Sight<EtcdMember>
}

const columns: readonly Column<MemberRow>[] = [
  { title: '', width: 1, cell: ({ seen }) => sign(seen, seen.type === 'fresh' && seen.value.isLeader) },
  { title: 'member', width: 9, isGrowing: true, cell: ({ name }) => span(name, 'bold') },
  { title: 'answers', width: 10, cell: ({ seen }) => of(seen, healthOf) },
  { title: 'role', width: 9, cell: ({ seen }) => of(seen, roleOf) },
  { title: 'term', width: 5, align: 'right', cell: ({ seen }) => of(seen, (member) => String(member.term)) },
  { title: 'revision', width: 9, align: 'right', cell: ({ seen }) => of(seen, (member) => String(member.revision)) },
  { title: 'db', width: 8, align: 'right', leaves: 2, cell: ({ seen }) => of(seen, (each) => bytes(each.dbSizeBytes)) },
  { title: 'version', width: 8, leaves: 3, cell: ({ seen }) => of(seen, (each) => each.version) },
  {
    title: 'error',
    width: 28,
    leaves: 4,
    cell: ({ seen }) => span(seen.type === 'unreachable' ? seen.error : '', 'dim'),
  },
]

function of(seen: Sight<EtcdMember>, cell: (member: EtcdMember) => Span | string): Span | string {
  return seen.type === 'fresh' ? cell(seen.value) : ''
}

function healthOf(member: EtcdMember): Span {
  return member.hasQuorum ? span('yes', 'good') : span('no quorum', 'bad')
}

function roleOf(member: EtcdMember): Span {
  if (member.isLeader) return span('leader')
  return member.leaderId === null ? span('no leader', 'bad') : span('follower')
}

/** `leader key patroni1 ██████···· 14.2 s of 20 s` */
function keyLine(state: State, nowMs: number, width: number): Line {
  const key = keyWord(state, nowMs)
  if (key.type === 'never') return line(' ', span('leader key not seen yet', 'dim'))
  const doubt = key.unconfirmedForMs === null ? [] : [span(` not confirmed for ${age(key.unconfirmedForMs)}`, 'warn')]
  if (key.type === 'none') {
    return line(' ', span(` NO LEADER KEY for ${age(key.forMs, { isPrecise: true })} `, 'alarm'), ...doubt)
  }
  const start = line(' leader key ', span(key.holder, 'bold'), ' ')
  const lease = leaseWord(state, nowMs)
  if (lease === null || lease.holder !== key.holder) return [...start, span('lease not seen yet', 'dim'), ...doubt]
  const style =
    lease.remainingMs < lease.grantedMs / 4 ? 'bad' : lease.remainingMs < lease.grantedMs / 2 ? 'warn' : 'good'
  const left = (Math.floor(lease.remainingMs / 100) / 10).toFixed(1).padStart(5)
  const end = line(
    span(`${left} s`, style === 'bad' ? 'bad' : 'plain'),
    span(` of ${lease.grantedMs / 1_000} s`, 'dim'),
    ...doubt,
  )
  const room = Math.max(0, Math.min(40, width - lineWidth(start) - lineWidth(end)))
  return [...start, ...gauge(lease.grantedMs === 0 ? 0 : lease.remainingMs / lease.grantedMs, room, style), ...end]
}

function summary(state: State, nowMs: number): Line {
  const quorum = quorumWord(state, nowMs)
  const answering = `${quorum.answering} of ${quorum.members} answer`
  if (quorum.hasQuorum === null) return line(span(quorum.members === 0 ? 'not seen yet' : 'quorum unknown', 'dim'))
  if (!quorum.hasQuorum) return join([line(span('quorum NO', 'bad')), line(span(answering, 'bad'))])
  return join([
    line('quorum ', span('YES', 'good')),
    line(span(answering, quorum.answering < quorum.members ? 'bad' : 'plain')),
    line(quorum.leader === null ? span('no leader', 'bad') : span(`leader ${quorum.leader}`)),
  ])
}
