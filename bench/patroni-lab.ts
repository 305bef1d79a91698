import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { type Instance, type LabDefinition, readLabDefinition } from '../dist/lab/definition.js'
import type { Address } from '../dist/model/address.js'
import type { OperationKind } from '../dist/model/events.js'
import { type PatroniSections, sections } from '../dist/systems/patroni/definition.js'

/** A lab whose only system is a Patroni cluster behind HAProxy: what the bench measures. */
export interface PatroniLab
  extends LabDefinition,
    Pick<Instance, 'postgres' | 'workload'>,
    Pick<PatroniSections, 'patroni' | 'etcd'> {
  /** The first proxy's listeners. */
  readonly address: Readonly<Record<OperationKind, Address>>
  readonly stats: string
}

export async function readPatroniLab(file: string): Promise<PatroniLab> {
  const lab = await readLabDefinition(file)
  const { postgres, workload } = lab.instances[0]
  const { patroni, etcd, haproxy } = z.object(sections).parse(parse(await readFile(file, 'utf8')))
  const proxy = haproxy?.[0]
  if (proxy === undefined) throw new Error(`${file}: haproxy is missing, so there is nothing to measure through`)
  return {
    ...lab,
    postgres,
    workload,
    patroni,
    etcd,
    address: { write: proxy.leader.address, read: proxy.replicas.address },
    stats: proxy.stats,
  }
}
