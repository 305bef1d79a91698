import type { Recovered, Recovery } from './recover.ts'
import type { Status } from './status.ts'
import type { Outcome, Settled } from './transaction.ts'
import type { Step } from './two-phase.ts'

/** One line of an execution as it goes on. */
export function tellStep(step: Step): string {
  switch (step.type) {
    case 'executing':
      return `Executing SQL on ${step.database}...`
    case 'prepared':
      return `Prepared on ${step.database}`
    case 'failed':
      return `Failed on ${step.database}: ${step.why}`
    case 'decided':
      return step.decision === 'commit'
        ? 'SQL executed successfully on all shards. Committing...'
        : 'Rolling back all transactions...'
    case 'committed':
      return `Committed on ${step.database}`
    case 'rolled-back':
      return `Rolled back on ${step.database}`
  }
}

/** What it came to, and what to do about it. */
export function tellOutcome(
  name: string,
  outcome: Outcome,
  { isRemembered }: { readonly isRemembered: boolean },
): readonly string[] {
  switch (outcome.type) {
    case 'applied':
      return ['Distributed execution completed successfully.']
    case 'already':
      return [`${name} is applied in every database already.`]
    case 'rolled-back':
      return [...outcome.why, `${name} is applied nowhere: everything was rolled back.`]
    case 'refused':
      return [...outcome.why, `${name} was not tried: nothing was changed.`]
    case 'in-doubt': {
      const next = isRemembered
        ? 'run shard-executor recover, which settles it by the decision log'
        : 'nothing was remembered of what was decided: see shard-executor status, and settle it by hand'
      return [...settledLines(outcome.databases), `${name} (${outcome.gid}) is in doubt: ${next}.`]
    }
  }
}

function settledLines(databases: readonly Settled[]): string[] {
  return databases.map(({ database, state, why }) => `  ${database}: ${state}${why === null ? '' : `, ${why}`}`)
}

export function tellRecovery({ transactions, strangers, unreachable }: Recovery): readonly string[] {
  const lines = transactions.flatMap(recoveredLines)
  for (const { branch, database, ageMs, commands } of strangers) {
    lines.push(`${branch} is prepared in ${database} for ${seconds(ageMs)}, and the log does not know it. Either of:`)
    lines.push(...commands.map((command) => `  ${database}: ${command};`))
  }
  lines.push(...unreachable.map(({ database, why }) => `${database}: ${why}; what is prepared there is not known`))
  return lines.length === 0 ? ['Nothing is in doubt.'] : lines
}

function recoveredLines({ gid, name, decision, databases, ageMs }: Recovered): string[] {
  if (decision === null)
    return [`${name} (${gid}): its executor may still be at work, ${seconds(ageMs)} after it began`]
  const isSettled = databases.every(({ state }) => state === 'committed' || state === 'rolled-back')
  const what = decision === 'commit' ? 'committed' : 'rolled back'
  if (isSettled) return [`${name} (${gid}): ${what} in all ${databases.length} databases`]
  return [`${name} (${gid}): decided to be ${what}, and not so everywhere`, ...settledLines(databases)]
}

export function tellStatus({ databases, torn, divergence }: Status): readonly string[] {
  const width = Math.max(8, ...databases.map(({ database }) => database.length))
  const lines = databases.map(({ database, why, migrations, inDoubt, catalog }) => {
    if (why !== null) return `${database.padEnd(width)}  ${why}`
    const latest = migrations.at(-1)?.name ?? 'none'
    const oldest = Math.max(0, ...inDoubt.map(({ ageMs }) => ageMs))
    const doubt = inDoubt.length === 0 ? 'nothing in doubt' : `${inDoubt.length} in doubt, for up to ${seconds(oldest)}`
    const schema = catalog === null ? 'not known, as a table is locked' : catalog.slice(0, 8)
    return `${database.padEnd(width)}  ${migrations.length} migrations, latest ${latest}; ${doubt}; schema ${schema}`
  })
  for (const { name, in: has, notIn } of torn) {
    lines.push(`torn: ${name} is in ${has.join(', ')} and not in ${notIn.join(', ')}`)
  }
  if (divergence !== null) {
    lines.push(`the schema of ${divergence.database} differs from that of ${divergence.from}: ${divergence.first}`)
  }
  return lines
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
