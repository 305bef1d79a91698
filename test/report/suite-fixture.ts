import type { Suite } from '../../src/report/suite-schema.ts'
import { judge } from '../../src/scenario/judge.ts'
import { toSuite } from '../../src/scenario/to-suite.ts'
import { judged, scenario, summary, trial } from '../scenario/fixture.ts'

const about = {
  lab: 'lab',
  labFile: null,
  version: '0.1.0',
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 125_000,
  folder: '/runs/suite',
}

const look = { label: 'at the beginning', atMs: 2_000, text: '+ Cluster +\n| patroni1 | Leader |' }

const steady = scenario('description: A replica stands still.\nexpect: { write_outage: "< 30s", failovers: 1 }')
const lossy = scenario('expect: { write_outage: { p50: "< 15s", max: "< 60s" } }', '  - hold: 1s\n  - wait: healthy')

/** Three scenarios: one that passed twice, one that lost writes, and one that could not be run. */
export const suite: Suite = toSuite(
  [
    judge(
      { ...steady, name: 'a replica is paused', repeat: 2 },
      {
        source: 'scenarios/pause.yaml',
        seed: 'abc',
        trials: [
          judged(
            trial({ folder: '/runs/suite/pause-1', summary: summary({ outageMs: 12_000 }), looks: [look] }),
            steady,
          ),
          judged(trial({ number: 2, folder: '/runs/suite/pause-2', summary: summary({ outageMs: 20_000 }) }), steady),
        ],
      },
    ),
    judge(
      { ...lossy, name: 'the leader is cut off', repeat: 3 },
      {
        source: "it's here/cut off.yaml",
        seed: '7',
        trials: [
          judged(
            trial({ folder: '/runs/suite/cut-1', summary: summary({ outageMs: 31_000, writes: { lost: 375 } }) }),
            lossy,
          ),
          judged(
            trial({
              number: 2,
              folder: '/runs/suite/cut-2',
              summary: summary({ outageMs: null }),
              failure: {
                path: '2',
                text: 'wait until the cluster is healthy',
                why: 'not within 60 s',
                kind: 'expectation',
              },
            }),
            lossy,
          ),
          judged(trial({ number: 3, folder: '/runs/suite/cut-3', summary: summary({ outageMs: 14_000 }) }), lossy),
        ],
      },
    ),
    judge(
      { ...scenario(), name: 'the leader is cut off' },
      {
        source: 'broken.yaml',
        seed: '8',
        trials: [
          trial({ summary: null, error: 'the cluster was not healthy before the first step: patroni2 is silent' }),
        ],
      },
    ),
  ],
  about,
)

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&\u0000\u001b[31m|\`_*]]>\ud800`

/** The same with every text that comes from outside replaced. */
export function hostileSuite(): Suite {
  const bad = (text: string) => `${text}${HOSTILE}`
  return {
    ...suite,
    lab: bad('lab'),
    labFile: bad('file'),
    version: bad('0'),
    scenarios: suite.scenarios.map((each) => ({
      ...each,
      name: bad(each.name),
      description: bad(each.description),
      source: bad(each.source),
      seed: bad(each.seed),
      why: bad(each.why),
      steps: each.steps.map(bad),
      expectations: each.expectations.map((one) => ({
        ...one,
        name: bad(one.name),
        found: bad(one.found),
        expected: bad(one.expected),
      })),
      repeats: each.repeats.map((one) => ({
        ...one,
        folder: one.folder === null ? null : bad(one.folder),
        error: bad('error'),
        stuck: [bad('stuck')],
        looks: [{ label: bad('look'), atMs: 1, text: bad('text') }],
      })),
    })),
  }
}
