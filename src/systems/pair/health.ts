import { fresh } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import { problemsOfContainers, problemsOfSource } from '../problems.ts'
import type { PairFence } from './events.ts'
import { PROXY, pairOf } from './known.ts'

/** The server that the proxy leads to, as the lab last saw it; null before it has seen the proxy. */
export function leaderOf(state: CoreState): string | null {
  return pairOf(state).status.value?.leadsTo ?? null
}

/** The servers that are not the leader, those that stream from it first. */
export function standbysOf(state: CoreState): readonly string[] {
  const leader = leaderOf(state)
  return (state.lab?.nodes ?? [])
    .filter((name) => name !== leader && fresh(state.nodes[name]?.postgres)?.isInRecovery === true)
    .toSorted((a, b) => Number(isStreaming(state, b)) - Number(isStreaming(state, a)) || (a < b ? -1 : 1))
}

/** It is a standby, and its WAL receiver is connected to the leader. */
export function isStreaming(state: CoreState, node: string): boolean {
  const own = fresh(pairOf(state).replication[node])
  return own?.isInRecovery === true && own.receiver === 'streaming' && node !== leaderOf(state)
}

/** How far what a standby has received is behind what the leader has written; null where one of them is not heard. */
export function lagBytesOf(state: CoreState, node: string): number | null {
  const { replication } = pairOf(state)
  const written = fresh(replication[leaderOf(state) ?? ''])?.writtenLsn ?? null
  const received = fresh(replication[node])?.receivedLsn ?? null
  return written === null || received === null ? null : Math.max(0, written - received)
}

/** What keeps the pair from being whole, one short reason a part; empty when it is healthy. */
export function problemsOf(state: CoreState): string[] {
  if (state.lab === null) return ['nothing has been seen yet']
  return [
    ...problemsOfContainers(state),
    ...problemsOfProxy(state),
    ...state.lab.nodes.flatMap((node) => problemsOfServer(state, node)),
  ]
}

function problemsOfProxy(state: CoreState): string[] {
  const { status } = pairOf(state)
  const silence = problemsOfSource(PROXY, status)
  if (silence.length > 0) return silence
  const { rule, wantedRule } = status.value ?? {}
  if (wantedRule !== undefined && wantedRule !== rule)
    return [`proxy: it promotes by the ${rule} rule, and this lab's is the ${wantedRule} one`]
  const last = status.value?.promotions.at(-1)
  if (last?.result?.type === 'failed') return [`proxy: ${last.node} could not be promoted (${last.result.error})`]
  return last !== undefined && last.result === null ? [`proxy: ${last.node} is being promoted`] : []
}

function problemsOfServer(state: CoreState, node: string): string[] {
  const seen = state.nodes[node]?.postgres
  const postgres = fresh(seen)
  if (postgres === null) return problemsOfSource(node, seen, 'PostgreSQL')
  const leader = leaderOf(state)
  if (leader === null) return []
  if (node === leader) return postgres.isInRecovery ? [`${node}: it should lead, and is still in recovery`] : []
  if (!postgres.isInRecovery) return [`${node}: it takes writes as well, while the proxy sends clients to ${leader}`]
  if (isStreaming(state, node)) return []
  return [`${node}: it does not stream from ${leader}${isComingBack(state, node) ? ', and is on its way back' : ''}`]
}

/** Two primaries that nobody will make one again. */
export function isBeyondRepair(state: CoreState): boolean {
  const leader = leaderOf(state)
  const isSecond = (node: string) => node !== leader && fresh(state.nodes[node]?.postgres)?.isInRecovery === false
  return pairOf(state).status.value?.rule === 'naive' && (state.lab?.nodes ?? []).some(isSecond)
}

function isComingBack(state: CoreState, node: string): boolean {
  return pairOf(state).fences.some((fence: PairFence) => fence.node === node && fence.rejoined === null)
}
