import { type RecordingEnding, RecordingError } from '../log/recording.ts'
import type { Audit, ProbeAudit } from '../model/audit.ts'
import type { Autopsy } from '../model/autopsy.ts'
import type { LabEvent, SiteAudited } from '../model/events.ts'
import { systemOf } from '../systems/systems.ts'
import {
  checkHealing,
  checkProbe,
  checkRecording,
  checkReplicas,
  checkSteps,
  checkWorkload,
  checkWrites,
} from './audit-checks.ts'
import { checkSplitBrain } from './check-split-brain.ts'
import { createFacts, type Facts } from './facts.ts'
import { type Check, judgeRun } from './judge-run.ts'
import type { LedgerFacts } from './ledger-facts.ts'
import { checkSite, mergeAutopsies, mergeWrites, summariseSite } from './merge-sites.ts'
import { ownFiles } from './own-files.ts'
import type { Series } from './series.ts'
import { checkServiceAt } from './service-at-site.ts'
import { checkMeasurement, checkService } from './service-checks.ts'
import {
  summariseAudit,
  summariseLossOutages,
  summarisePinned,
  summariseReads,
  summariseWorkload,
} from './summarise-audit.ts'
import { summariseOutages } from './summarise-outages.ts'
import { summariseService } from './summarise-service.ts'
import { summariseSplitBrain } from './summarise-split-brain.ts'
import { summariseWrites } from './summarise-writes.ts'
import type { Measured, Summary } from './summary-schema.ts'

/** What is kept of a run beside its events. */
export interface RunFiles {
  /** Null where nothing was written. */
  readonly ledger: LedgerFacts | null
  /** With its autopsy, if one was made; left out: the last that is among the events. */
  readonly audit?: Audit | null
  readonly autopsy?: Autopsy | null
  readonly probe?: ProbeAudit | null
  readonly sites?: readonly SiteAudited[]
}

export interface RunToReport extends RunFiles {
  /** For people; what the run was made for. */
  readonly name: string
  /** In order; read once. */
  readonly events: AsyncIterable<LabEvent> | Iterable<LabEvent>
  /** How the recording ended, asked once all events were read; left out: it is whole when the last event ends the run. */
  readonly ending?: () => RecordingEnding | null
  /** Of each system of a lab that has several; left out where nothing was written. */
  readonly of?: Readonly<Record<string, RunFiles>>
}

/** All that a report is made of. */
export interface Report {
  readonly summary: Summary
  /** What the plots show; bounded, however long the run was. */
  readonly series: Series
  /** Of each system of a lab that has several; empty in any other lab. */
  readonly instances: Readonly<Record<string, Report>>
}

/**
 * Reads a run in one pass. A recording that is damaged before its end is reported up to there, as incomplete.
 * @throws whatever reading the events throws otherwise (ENOENT, …)
 */
export async function summarise(run: RunToReport): Promise<Report> {
  const builder = createFacts()
  let damage: string | null = null
  try {
    for await (const event of run.events) builder.add(event)
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error
    damage = `line ${error.line} is damaged, and what comes after it was not read`
  }
  return concludeReport(run, builder.facts(), damage)
}

/** The same of what has been taken in already; `damage` is what is known to be missing of it. */
export function concludeReport(run: Omit<RunToReport, 'events'>, facts: Facts, damage: string | null = null): Report {
  const { name, ending, of = {} } = run
  const all = [...facts.instances].map(([each, own]) => {
    const about = { name: `${name} ${each}`, ledger: null, ...of[each], ...(ending && { ending }) }
    return { each, about, own: { ...own, hasEnded: facts.hasEnded } }
  })
  const alone = new Map(all.map(({ each, about, own }) => [each, conclude(about, own, damage)]))
  const instances = all.map(({ each, about, own }): [string, Report] => {
    const below = [...facts.instances].filter(([, other]) => standsOn(own, other)).map(([name]) => name)
    const measured = below.flatMap((name) => alone.get(name)?.summary ?? [])
    return [each, conclude(about, own, damage, { below: measured })]
  })
  return conclude(run, facts, damage, { instances: Object.fromEntries(instances) })
}

function standsOn(facts: Facts, other: Facts): boolean {
  const [parts, own] = [facts.state.lab?.standsOn ?? {}, other.state.lab?.containerOf ?? {}]
  return Object.keys(own).some((part) => part in parts)
}

interface Others {
  /** Of each system of a lab that has several. */
  readonly instances?: Report['instances']
  /** What was measured of those on which a system stands. */
  readonly below?: readonly Measured[]
}

function conclude(
  run: Omit<RunToReport, 'events'>,
  facts: Facts,
  damage: string | null,
  { instances = {}, below = [] }: Others = {},
): Report {
  return { summary: summaryOf(run, facts, damage, { instances, below }), series: facts.series, instances }
}

function summaryOf(
  given: Omit<RunToReport, 'events'>,
  facts: Facts,
  damage: string | null,
  { instances, below }: Required<Others>,
): Summary {
  const { files: run, why: whyForeign } = ownFiles(given, facts)
  const { ledger } = run
  const { state } = facts
  const audit = run.audit === undefined ? (facts.audited?.audit ?? null) : run.audit
  const autopsy = run.audit === undefined ? (facts.audited?.autopsy ?? null) : (run.autopsy ?? null)
  const probe = (run.audit === undefined ? facts.audited?.probe : run.probe) ?? null
  const writes = summariseWrites({ ledger, audit, totals: state.traffic.totals.write })
  const auditedSites = (run.audit === undefined ? facts.audited?.sites : run.sites) ?? []
  const auditedAt = (name: string) => auditedSites.find(({ from }) => from === name)
  const sites = facts.sites.map((site) => summariseSite(site, auditedAt(site.name), facts.hosts))
  const whyIncomplete = damage ?? whyForeign ?? whyCutShort(run, facts)
  const splitBrain = summariseSplitBrain(state.splitBrain, facts.untilMs)
  const measured: Measured = {
    format: 1,
    name: run.name,
    lab: state.lab?.name ?? null,
    system: summariseSystem(facts),
    runId: ledger?.runId ?? audit?.runId ?? null,
    startedAt: state.startedAt,
    durationMs: facts.untilMs,
    isComplete: whyIncomplete === null,
    whyIncomplete,
    writes: mergeWrites(writes, sites),
    reads: summariseReads(facts),
    ...summariseService(state),
    ...summariseOutages(facts),
    faults: [...facts.faults],
    injections: [...facts.injections],
    ...(facts.preparations.length > 0 && { preparations: facts.preparations }),
    splitBrain,
    pinned: summarisePinned(facts),
    lossOutages: summariseLossOutages(audit),
    workload: summariseWorkload(audit),
    probe: probe === null ? null : { acknowledged: probe.acknowledged, lost: probe.lost, doubled: probe.doubled },
    audit: audit === null ? null : summariseAudit(audit),
    autopsy: mergeAutopsies({ autopsy, audit }, auditedSites),
    versions: facts.versions,
    ...(facts.hosts.length > 0 && { hosts: facts.hosts }),
    ...(sites.length > 0 && { sites }),
    ...(facts.shares.length > 0 && { shares: facts.shares }),
    settings: summariseSettings(facts),
  }
  const expected = facts.trial?.expected ?? []
  const failure = facts.trial?.ended?.failure ?? null
  if (facts.instances.size > 0) {
    const summaries = Object.entries(instances).map(([name, { summary }]) => [name, summary] as const)
    const whole = { ...measured, instances: Object.fromEntries(summaries) }
    return { ...whole, ...judgeRun(whole, checksOfSeveral(summaries, facts, whyIncomplete), expected, failure) }
  }
  const checks = [
    checkSteps(facts.trial),
    checkHealing(state.faults, facts.lifted),
    checkWrites(audit, writes, probe),
    checkReplicas(audit),
    ...checkWorkload(audit),
    checkProbe(probe, audit),
    ...sites.flatMap((site) => checkSite(site, auditedAt(site.name), checkServiceAt(site, state.lab, measured, below))),
    ...checkSplitBrain(splitBrain),
    ...checkService(measured, below),
    checkMeasurement(measured),
    checkRecording(whyIncomplete),
  ].filter((check) => check !== null)
  return { ...measured, ...judgeRun(measured, checks, expected, failure) }
}

/** What is of the whole run once, and the rest of each system, by its name. */
function checksOfSeveral(
  summaries: readonly (readonly [string, Summary])[],
  { trial, state, lifted }: Facts,
  whyIncomplete: string | null,
): Check[] {
  const ofRun = [checkSteps(trial), checkHealing(state.faults, lifted), checkRecording(whyIncomplete)]
  const shared = new Set(['steps', 'healing', 'recording'])
  const ofEach = summaries.flatMap(([name, { checks }]) =>
    checks
      .filter((check) => !shared.has(check.name))
      .map(({ isExpected: _, ...check }): Check => {
        const figures = check.figures.map((figure) => `${name}.${figure}`)
        return { ...check, of: name, figures }
      }),
  )
  return [...ofRun.filter((check) => check !== null), ...ofEach]
}

function whyCutShort({ ending, ledger }: Omit<RunToReport, 'events'>, { hasEnded, events }: Facts): string | null {
  if (events === 0) return 'nothing was recorded'
  const ended = ending?.()
  if (ended?.isComplete === false) return ended.why
  if (!hasEnded) return 'the run was recorded without its end'
  return ledger !== null && !ledger.isComplete ? (ledger.why ?? 'the ledger was cut short') : null
}

function summariseSettings({
  state,
  isConfigChanged,
  isConfigChangedUnderFaults,
  targets,
  probeIntervalMs,
}: Facts): Summary['settings'] {
  return {
    ...(systemOf(state.lab).settings?.read(state) ?? { isSynchronous: null }),
    wasChanged: isConfigChanged,
    ...(isConfigChanged && { wasChangedUnderFaults: isConfigChangedUnderFaults }),
    writesPerSecond: targets?.writesPerSecond ?? null,
    readsPerSecond: targets?.readsPerSecond ?? null,
    ...(targets !== null && targets.pipeline > 1 && { pipeline: targets.pipeline }),
    probeIntervalMs,
  }
}

/** What the system under test has to say for itself. */
function summariseSystem({ state }: Facts): NonNullable<Summary['system']> {
  const { type, figures = [], tellRun } = systemOf(state.lab)
  return {
    type,
    figures: Object.fromEntries(figures.map(({ name, read }) => [name, read(state)])),
    sections: (tellRun?.(state) ?? []).map(({ rows, lines, ...section }) => ({
      ...section,
      rows: rows.map((row) => ({ ...row })),
      lines: [...lines],
    })),
  }
}
