import type { Database, Row } from '../../../labs/registrations/app/database.ts'
import type { Shard } from '../../../labs/registrations/app/directory.ts'
import type { Registration, Registrations, Section, Student } from '../../../labs/registrations/app/registrations.ts'
import { ServerTrouble, type Trouble } from '../../../labs/registrations/app/trouble.ts'

type Answer = readonly Row[] | Trouble | (() => readonly Row[])

/** A server that answers by what a statement contains, and remembers what it was asked. */
export function fakeDatabase(name: string, answers: Readonly<Record<string, Answer>>): Database & { asked: string[] } {
  const asked: string[] = []
  return {
    name,
    asked,
    async query<R extends object>(text: string) {
      asked.push(text)
      const answer = Object.entries(answers).find(([part]) => text.includes(part))?.[1] ?? []
      if (typeof answer === 'function') return answer() as R[]
      if ('server' in answer) throw new ServerTrouble(answer, null)
      return answer as R[]
    },
    async close() {},
  }
}

export function shard(database: Database, universities: readonly [number, number], tag = '5433'): Shard {
  return { name: database.name, tag, universities, database }
}

export const AN: Student = {
  code: 'SV07012',
  name: 'Nguyễn Văn <An>',
  birthDate: '2004-05-06',
  university: 'Đại học Huế',
  shard: 'public',
}

export const DATABASES: Section = {
  code: 'INT1003.20261.U07',
  title: 'Cơ sở dữ liệu',
  term: '20261',
  seats: [{ shard: 'public', capacity: 500, taken: 12 }],
}

export const FULL: Section = {
  code: 'PHI1001.20261.U07',
  title: 'Triết học',
  term: '20261',
  seats: [{ shard: 'public', capacity: 3, taken: 3 }],
}

export const ID = '11111111-2222-4333-8444-555555555555'

export const REGISTRATION: Registration = {
  requestId: ID,
  shard: 'public',
  regId: 7,
  student: { code: AN.code, name: AN.name },
  section: { code: DATABASES.code, title: DATABASES.title },
  createdAt: new Date('2026-11-21T01:02:03.004Z'),
  syncedAt: new Date('2026-11-21T01:02:03.050Z'),
  latencyMs: 48.2,
  isAtMaster: true,
  standing: 'synced',
}

/** All is well, where nothing else is said. */
export function fakeService(change: Partial<Registrations> = {}): Registrations {
  return {
    way: 'outbox',
    findStudents: async (query) => ({
      items: query === AN.code || AN.name.includes(query) ? [AN] : [],
      troubles: [],
    }),
    sections: async () => ({ items: [DATABASES, FULL], troubles: [] }),
    register: async () => ({
      type: 'registered',
      shard: 'public',
      regId: 7,
      createdAt: REGISTRATION.createdAt,
      isAgain: false,
      sync: null,
    }),
    list: async () => ({ items: [REGISTRATION], troubles: [] }),
    sync: async () => ({ type: 'compared', mended: [], failed: [] }),
    state: async () => ({
      way: 'outbox',
      at: '2026-11-21T01:02:04.000Z',
      master: { trouble: null, applyErrors: 0 },
      shards: [
        {
          shard: 'public',
          trouble: null,
          reading: {
            total: 5,
            unsynced: 1,
            oldestUnsyncedSeconds: 0.5,
            latencySeconds: { p50: 0.02, p99: 0.1, max: 0.2 },
            slot: { isActive: true, lagBytes: 128, walStatus: 'reserved' },
          },
          atMaster: 4,
        },
        { shard: 'private', trouble: { type: 'unreachable', server: 'private' }, reading: null, atMaster: 3 },
      ],
      events: [{ at: '2026-11-21T01:02:03.000Z', type: 'server-up', server: 'public' }],
    }),
    ...change,
  }
}
