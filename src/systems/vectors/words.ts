import type { Words } from '../system.ts'

/** It explains no outages: there is no step to name. */
export const words: Words = {
  phaseName: ({ awaited }) => awaited,
  shortPhaseName: ({ awaited }) => awaited,
  tellCause: () => null,
  tellCauseShort: () => null,
  tellProof: ({ atMs }) => `read at ${atMs} ms`,
  tellAnatomy: ({ sentence }) => [sentence],
}
