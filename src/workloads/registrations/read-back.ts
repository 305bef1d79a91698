import type { ReadBack, RunToRead } from '../workload.ts'
import { clientsOf } from './clients.ts'
import { findingsOf } from './findings.ts'
import { judge } from './judge.ts'
import { prefixOf, seqOf } from './pairs.ts'
import { asking, type HeldRegistrations, readServers, type Where } from './read-servers.ts'
import { openConnection } from './request.ts'
import type { Attempts } from './run.ts'

/** Within which the master has to have everything once every server answers. */
const CONVERGE_WITHIN_MS = 10_000
const EVERY_MS = 250

/** Waits until the master has had time enough, and reads what is where. */
export async function readBack(run: RunToRead, signal: AbortSignal): Promise<ReadBack> {
  const { runId, ledger, marked } = run
  const { master, shards } = clientsOf(run)
  const prefix = prefixOf(runId)
  const where: Where = { ...run, master, shards }
  const held = await converged(run, where, prefix, signal)
  const seqIn = (requestId: string) => seqOf(prefix, requestId)
  return {
    rows: held.onShards.map(({ requestId }) => `${runId}:${seqIn(requestId)}`),
    judge({ outcomes, isLossy }) {
      const wrong = judge(held, { acknowledged: acknowledgedIn(outcomes), seqOf: seqIn })
      const attempts = (marked as Attempts | null)?.attempts ?? null
      return findingsOf(wrong, { held, ledger, attempts, isLossy })
    },
  }
}

function* acknowledgedIn(outcomes: { readonly size: number; at(seq: number): string }): Iterable<number> {
  for (let seq = 1; seq <= outcomes.size; seq++) {
    const outcome = outcomes.at(seq)
    if (outcome === 'ok' || outcome === 'unguarded') yield seq
  }
}

async function converged(
  run: RunToRead,
  where: Where,
  prefix: string,
  signal: AbortSignal,
): Promise<HeldRegistrations> {
  const { clock } = run
  const isNaive = await asksForSync(where, signal)
  if (isNaive) await pressTheButton(run, signal)
  let held = await readServers(where, prefix, signal)
  // What nobody asks for comes by itself, or not at all; the seed's way has been asked, and does no more.
  const untilMs = clock.nowMs() + (isNaive ? 0 : CONVERGE_WITHIN_MS)
  while (isOnItsWay(held) && clock.nowMs() < untilMs) {
    await clock.sleep(EVERY_MS, signal)
    held = await readServers(where, prefix, signal)
  }
  return held
}

function isOnItsWay({ onShards, atMaster }: HeldRegistrations): boolean {
  const there = new Set(atMaster.map(({ requestId }) => requestId))
  return onShards.some(({ requestId, syncedAt }) => syncedAt === null || !there.has(requestId))
}

/** Whether registrations come to the master only when somebody asks for it. */
async function asksForSync(where: Where, signal: AbortSignal): Promise<boolean> {
  const text = 'SELECT to_regprocedure(\'sync_registrations_remapped()\') IS NOT NULL AS "isNaive"'
  return asking(
    where,
    where.master,
    signal,
    async (ask) => (await ask<{ isNaive: boolean }>(text, []))[0]?.isNaive === true,
  )
}

/** As somebody at the page does until it says that all was brought. */
async function pressTheButton(run: RunToRead, signal: AbortSignal): Promise<void> {
  const { clock } = run
  const { apps } = clientsOf(run)
  const untilMs = clock.nowMs() + CONVERGE_WITHIN_MS
  for (let press = 0; clock.nowMs() < untilMs; press++) {
    const line = openConnection(apps[press % apps.length]?.url ?? '')
    const said = await line.send({ method: 'POST', path: '/api/sync' }, { clock, ms: 6_000, signal })
    line.close()
    if (said.type === 'answered' && said.status === 200) return
    await clock.sleep(EVERY_MS, signal)
  }
}
