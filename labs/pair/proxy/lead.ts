import type { Node } from './relay.ts'
import type { Servers } from './servers.ts'
import type { Promotion, StateFile } from './state.ts'
import { type Cause, describeCause } from './trouble.ts'

export interface LeadOptions {
  readonly nodes: readonly [Node, Node]
  readonly file: StateFile
  readonly servers: Pick<Servers, 'promote'>
  readonly now: () => Date
  readonly log: (line: string) => void
  /** The lead has gone to this node: nobody may stay with the other. */
  readonly onChange: (leader: Node) => void
}

/** Who leads, and how the lead changes: decided and written down first, then carried out. */
export class Lead {
  #settled: Promise<void> = Promise.resolve()
  #isPromoting = false

  constructor(private readonly options: LeadOptions) {}

  get leader(): Node {
    return this.#node(this.options.file.state.leadsTo)
  }

  get other(): Node {
    const { nodes } = this.options
    return nodes[0].name === this.leader.name ? nodes[1] : nodes[0]
  }

  /** The leader, after a promotion that is under way has ended in either way. */
  async settled(): Promise<Node> {
    await this.#settled
    return this.leader
  }

  /** A session was served: from now on this leader can fail. */
  served(node: Node): void {
    const { file } = this.options
    const { epoch, servedIn } = file.state
    if (servedIn !== epoch && node.name === this.leader.name) file.update({ servedIn: epoch })
  }

  /** Whether the leader has served anybody since it leads. */
  get hasServed(): boolean {
    const { epoch, servedIn } = this.options.file.state
    return servedIn === epoch
  }

  /** Gives the lead to the other node, for good, and promotes it. */
  change(why: Cause): Promise<void> {
    const { file, now, log, onChange } = this.options
    const [from, to, at] = [this.leader, this.other, now().toISOString()]
    const epoch = file.state.epoch + 1
    const promotion: Promotion = { epoch, node: to.name, from: from.name, at, why, result: null }
    file.update({ epoch, leadsTo: to.name, since: at, promotions: [...file.state.promotions, promotion] })
    log(`${to.name} leads from now on, not ${from.name}: ${describeCause(why)}`)
    onChange(to)
    return this.promote()
  }

  /** Carries out the last decision if that has not succeeded yet; also after a restart. */
  promote(): Promise<void> {
    const last = this.options.file.state.promotions.at(-1)
    if (!last || last.result?.type === 'promoted' || this.#isPromoting) return this.#settled
    this.#isPromoting = true
    this.#settled = this.#promote(last).finally(() => {
      this.#isPromoting = false
    })
    return this.#settled
  }

  async #promote(promotion: Promotion): Promise<void> {
    const { file, servers, now, log } = this.options
    const startMs = now().getTime()
    const result = await servers.promote(this.#node(promotion.node)).then(
      (promoted) => ({ type: 'promoted', tookMs: now().getTime() - startMs, ...promoted }) as const,
      (error: Error) => ({ type: 'failed', error: error.message }) as const,
    )
    log(
      result.type === 'promoted'
        ? `${promotion.node} is promoted: timeline ${result.timeline}, ${result.tookMs} ms`
        : `${promotion.node} could not be promoted: ${result.error}`,
    )
    const promotions = file.state.promotions.map((each) =>
      each.epoch === promotion.epoch ? { ...each, result } : each,
    )
    file.update({ promotions })
  }

  #node(name: string): Node {
    const found = this.options.nodes.find((node) => node.name === name)
    if (!found) throw new Error(`no node is called ${name}`)
    return found
  }
}
