import type { System } from './system.ts'

/** What a system has to say that has no leader, explains no outages and reads no logs: it says the rest itself. */
export const plainSystem = {
  logged: () => [],
  isTelling: () => false,
  appointed: () => null,
  isUrgent: () => false,
  primaries: () => [],
  faults: [],
  undos: [],
  meansOf: () => null,
  words: {
    phaseName: ({ awaited }) => [awaited, awaited],
    tellCause: () => null,
    tellProof: ({ atMs }) => `read at ${atMs} ms`,
    tellAnatomy: ({ sentence }) => [sentence],
  },
  concluded: () => [],
} satisfies Partial<System>
