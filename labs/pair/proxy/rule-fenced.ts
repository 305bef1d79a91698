import type { Lead } from './lead.ts'
import type { Check, Held, Hold, Rule, RuleSettings } from './rule.ts'
import type { Servers } from './servers.ts'
import type { StateFile } from './state.ts'
import type { Cause } from './trouble.ts'

/** Checks that are remembered: `--over` may not ask for more. */
export const KEPT = 200

/** What checks are judged by. */
export type Judged = Pick<RuleSettings, 'fall' | 'overMs' | 'hearsWithinMs'>

/** What a run of checks, the newest last, comes to: null while the leader answers. */
export function judge(
  checks: readonly Check[],
  { epoch, streamedIn }: { readonly epoch: number; readonly streamedIn: number | null },
  settings: Judged,
): Cause | Hold | null {
  const last = checks.at(-1)
  if (!last || last.leaderError === null) return null
  if (last.hearing === null) return { type: 'standby-unreachable', error: last.standbyError ?? 'no answer' }
  if (hears(last, settings)) return { type: 'standby-hears-it', heardMsAgo: last.hearing.heardMsAgo ?? 0 }
  const answered = checks.findLastIndex(
    (check) =>
      check.leaderError === null || check.leader !== last.leader || check.hearing === null || hears(check, settings),
  )
  const silent = checks.slice(answered + 1)
  const forMs = Date.parse(last.at) - Date.parse((silent[0] as Check).at)
  if (silent.length < settings.fall || forMs < settings.overMs) {
    return { type: 'too-few-checks', failed: silent.length, wanted: settings.fall, forMs }
  }
  if (last.hearing.isInRecovery && streamedIn !== epoch) return { type: 'never-streamed', epoch }
  return { type: 'silent', checks: silent.length, forMs }
}

function hears({ hearing }: Check, { hearsWithinMs }: Judged): boolean {
  return hearing?.receiver === 'streaming' && hearing.heardMsAgo !== null && hearing.heardMsAgo <= hearsWithinMs
}

/** Promotes only when the leader is silent for the proxy and for the standby, time and again. */
export class FencedRule implements Rule {
  readonly name = 'fenced'
  readonly checks: Check[] = []
  readonly holds: Held[] = []

  constructor(
    private readonly options: {
      readonly lead: Lead
      readonly file: StateFile
      readonly servers: Servers
      readonly settings: RuleSettings
      readonly now: () => Date
      readonly log: (line: string) => void
    },
  ) {}

  get settings(): RuleSettings {
    return this.options.settings
  }

  /** Sessions alone prove nothing: they are counted elsewhere. */
  onTrouble(): void {}

  /** One look at both servers, and what follows from it. */
  async check(): Promise<void> {
    const { lead, file, servers, settings } = this.options
    const [leader, standby] = [lead.leader, lead.other]
    const [leaderError, hearing] = await Promise.all([
      servers.isPrimary(leader).then((is) => (is ? null : 'in recovery'), messageOf),
      servers.hearing(standby).catch((error: Error) => error),
    ])
    const at = this.options.now().toISOString()
    const isHeard = !(hearing instanceof Error)
    const check: Check = {
      at,
      leader: leader.name,
      leaderError,
      standby: standby.name,
      hearing: isHeard ? hearing : null,
      standbyError: isHeard ? null : messageOf(hearing),
    }
    keep(this.checks, check)
    if (leaderError === null && check.hearing?.receiver === 'streaming' && file.state.streamedIn !== file.state.epoch) {
      file.update({ streamedIn: file.state.epoch })
    }
    const outcome = judge(this.checks, file.state, settings)
    if (outcome?.type === 'silent') await lead.change(outcome)
    else if (outcome) this.#hold(outcome as Hold, at)
    // A decision that could not be carried out is not taken back: the other node may not lead any more.
    await lead.promote()
  }

  #hold(why: Hold, at: string): void {
    const last = this.holds.at(-1)
    if (last?.why.type === why.type) {
      this.holds[this.holds.length - 1] = { ...last, until: at, times: last.times + 1, why }
      return
    }
    keep(this.holds, { type: 'hold', at, until: at, times: 1, why })
    this.options.log(`no promotion: ${JSON.stringify(why)}`)
  }
}

function keep<T>(list: T[], item: T): void {
  list.push(item)
  if (list.length > KEPT) list.shift()
}

function messageOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message
}
