import type { PanelContent, Scene } from '../../draw/panel.ts'
import type { State } from '../../model/state.ts'
import { clusterPanel } from '../../systems/patroni/panels/cluster.ts'
import { etcdPanel } from '../../systems/patroni/panels/etcd.ts'
import { haproxyNames, haproxyPanel } from '../../systems/patroni/panels/haproxy.ts'
import { etcdNames, nodeNames } from '../../systems/patroni/panels/quorum.ts'
import { patroniOf } from '../../systems/patroni/state.ts'
import type { PanelId } from '../panel-id.ts'
import { containerNames, containersPanel } from './containers.ts'
import { eventLines, eventsPanel } from './events.ts'
import { failoverRows, failoversPanel } from './failovers.ts'
import { scenarioPanel } from './scenario.ts'
import { trafficPanel } from './traffic.ts'

export interface Panel {
  readonly title: string
  draw(scene: Scene): PanelContent
  /** The parts of the state that it shows: while they stay the same, and the time does, so does the panel. */
  inputs(state: State): readonly unknown[]
  /** How often it must be drawn anew for the time that it shows, in milliseconds. */
  everyMs: number
  /** The names of its rows, for the cursor. */
  rows(state: State, filter: string): readonly string[]
}

export const panels: Readonly<Record<PanelId, Panel>> = {
  cluster: {
    title: 'Cluster',
    draw: clusterPanel,
    inputs: ({ lab, system, splitBrain }) => [lab, system, splitBrain],
    everyMs: 500,
    rows: nodeNames,
  },
  etcd: {
    title: 'etcd',
    draw: etcdPanel,
    inputs: (state) => [state.lab, patroniOf(state).etcd],
    everyMs: 500,
    rows: etcdNames,
  },
  haproxy: {
    title: 'HAProxy',
    draw: haproxyPanel,
    inputs: (state) => [state.lab, patroniOf(state).haproxy, state.pinned],
    everyMs: 500,
    rows: haproxyNames,
  },
  containers: {
    title: 'Containers',
    draw: containersPanel,
    inputs: ({ containers, engine, faults }) => [containers, engine, faults],
    everyMs: 1_000,
    rows: containerNames,
  },
  traffic: {
    title: 'Traffic',
    draw: trafficPanel,
    inputs: ({ traffic, faultSights, outages, probes, asleep }) => [
      traffic,
      asleep,
      faultSights,
      outages,
      probes.write.open,
      probes.read.open,
    ],
    everyMs: 500,
    rows: () => [],
  },
  failovers: {
    title: 'Failovers',
    draw: failoversPanel,
    inputs: ({ failovers, outages, probes, anatomy }) => [
      failovers,
      outages,
      probes.write.open,
      probes.write.recovery === null,
      anatomy.ended,
      anatomy.open,
    ],
    everyMs: 500,
    rows: failoverRows,
  },
  events: {
    title: 'Events',
    draw: eventsPanel,
    inputs: ({ lines }) => [lines],
    everyMs: Number.POSITIVE_INFINITY,
    rows: (state, filter) => eventLines(state, filter).map((each) => String(each.seq)),
  },
  scenario: {
    title: 'Scenario',
    draw: scenarioPanel,
    inputs: ({ scenario, audited }) => [scenario, audited],
    everyMs: 500,
    rows: () => [],
  },
}
