import type { Part } from '../../src/faults/part.ts'
import { leaderOf } from '../../src/systems/state.ts'
import type {
  AimChoice,
  FaultChoice,
  FaultConsole,
  HeldByOther,
  MenuOrder,
  ScenarioConsole,
  ScenarioEntry,
  ToldFault,
} from '../../src/tui/control.ts'
import type { State } from '../patroni.ts'
import { members, nodes } from './fixture.ts'

const parts: readonly Part[] = [
  ...nodes.map((name): Part => ({ name, kind: 'node', service: name })),
  ...members.map((name): Part => ({ name, kind: 'etcd', service: name })),
]

const namesOf = (of: readonly Part[]) => of.map(({ name }) => name).join(', ')

const pause: FaultChoice = {
  type: 'pause',
  family: 'container',
  about: 'Freezes the container: its kernel still accepts connections, and nobody answers them.',
  aims: ['node', 'etcd'],
  effects: ['takes-part-away'],
  settings: [],
  read: (_given, of) => ({ ok: true, text: `pause ${namesOf(of)}` }),
}

export const isolate: FaultChoice = {
  type: 'isolate',
  family: 'network',
  about: 'Cuts a node off from etcd and its peers, both ways, while clients still reach it.',
  aims: ['node'],
  effects: ['may-take-part-away', 'cuts-part'],
  settings: [
    { name: 'from', initial: '', allowed: 'a name; a comma makes a list', isRequired: false, isMap: false },
    { name: 'direction', initial: 'both', allowed: 'in, out, both', isRequired: false, isMap: false },
  ],
  read: (given, of) =>
    given.some((setting) => setting.startsWith('direction='))
      ? { ok: false, mistakes: [{ setting: 'direction', message: 'expected one of in, out, both' }] }
      : { ok: true, text: `cut ${namesOf(of)} off from ${given[0]?.slice('from='.length) ?? 'everybody'}` },
}

/** What keys do to a container, as faults. */
const keyed: readonly FaultChoice[] = (['stop', 'kill', 'restart'] as const).map((type) => ({
  ...pause,
  type,
  aims: [],
  read: (_given, of) => ({ ok: true, text: `${type} ${namesOf(of)}` }),
}))

export const console: FaultConsole = {
  kinds: [pause, isolate, ...keyed],
  aims,
  command: ({ kind, target, settings }) => ['chaoslab', 'inject', kind, target, ...settings].join(' '),
  inject: async () => null,
  start: async (part) => ({ isGood: true, text: `${part} was started` }),
  healAll: async () => ({ isGood: true, text: 'everything is healed', others: [] }),
  healOthers: async () => ({ isGood: true, text: '1 healed that other processes had in force' }),
}

/** Every part in its order, then two roles. */
function aims(state: State): readonly AimChoice[] {
  const leader = parts.filter(({ name }) => name === leaderOf(state))
  return [
    ...parts.map((part) => ({ target: part.name, parts: [part] })),
    ...(leader.length === 0 ? [] : [{ target: 'leader', parts: leader }]),
    { target: 'etcd', parts: parts.filter(({ kind }) => kind === 'etcd') },
  ].sort((a, b) => place(a) - place(b))
}

function place({ target }: AimChoice): number {
  if (target === 'leader') return 2
  return target === 'etcd' ? 1 : 0
}

/** A console that notes what is asked of it, and answers when it is told to. */
export function notingConsole(asked: unknown[], { refusal = null }: { refusal?: string | null } = {}) {
  let answer: (told: ToldFault & { readonly others: readonly HeldByOther[] }) => void = () => {}
  const told: FaultConsole = {
    ...console,
    inject: async (order: MenuOrder) => {
      asked.push(order)
      return refusal
    },
    start: async (part) => {
      asked.push(['start', part])
      return { isGood: true, text: `${part} was started` }
    },
    healOthers: async () => {
      asked.push('heal others')
      return { isGood: true, text: '1 healed that other processes had in force' }
    },
    healAll: () => {
      asked.push('heal')
      return new Promise((resolve) => {
        answer = resolve
      })
    },
  }
  return { console: told, answer: (of: ToldFault, others: readonly HeldByOther[] = []) => answer({ ...of, others }) }
}

/** Scenarios that end when they are told to. */
export function notingScenarios(asked: unknown[], entries: readonly ScenarioEntry[]) {
  let answer: (told: ToldFault) => void = () => {}
  let phase: (text: string | null) => void = () => {}
  const told: ScenarioConsole = {
    list: async () => entries,
    run: (file, onPhase) => {
      asked.push(['run', file])
      phase = onPhase
      return new Promise((resolve) => {
        answer = resolve
      })
    },
    isRunning: () => false,
    stop: () => asked.push('stop'),
  }
  return { scenarios: told, answer: (of: ToldFault) => answer(of), phase: (text: string | null) => phase(text) }
}

export function entry(file: string, problem: string | null = null, needs: string | null = null): ScenarioEntry {
  return {
    file,
    path: file,
    name: problem === null ? `named ${file}` : '',
    description: 'What it is for.',
    steps: problem === null ? ['hold 1.00 s', 'heal all'] : [],
    changes: ['Traffic: 200 writes/s, 100 reads/s; afterwards as it is now.'],
    expects: ['lost_writes = 0'],
    problem,
    needs,
    command: `chaoslab run ${file}`,
  }
}
