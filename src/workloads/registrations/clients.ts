import type { Reach } from '../workload.ts'

/** What a system of registrations gives its workload to connect with. */
export interface RegistrationsClients {
  /** The applications, in the order in which clients try them. */
  readonly apps: readonly { readonly name: string; readonly url: string }[]
  readonly master: string
  readonly shards: readonly string[]
}

/** @throws {TypeError} the system is none of registrations */
export function clientsOf({ clients }: Pick<Reach, 'clients'>): RegistrationsClients {
  const given = clients as Partial<RegistrationsClients> | null | undefined
  if (given?.apps === undefined) throw new TypeError('registrations go to a system of registrations alone')
  return given as RegistrationsClients
}
