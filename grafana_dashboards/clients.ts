import { arrange, dashboard } from './dashboard.ts'
import { type Dashboard, OF_RUN } from './grafana.ts'
import { figure, heatmap, lines, type Query } from './panels.ts'

const operations = (kind: string, outcome: string) =>
  `rate(chaoslab_operations_total{kind="${kind}", ${outcome}, ${OF_RUN}}[$__rate_interval])`
const buckets = (kind: string) =>
  `chaoslab_operation_latency_seconds_bucket{kind="${kind}", ${OF_RUN}}[$__rate_interval]`
const FROM_DUE =
  'From the moment an operation was due, whatever became of those before it: what a client would have waited.'

/** What clients get: throughput, errors, latency, outages, and whether what they were told was true. */
export function clients(): Dashboard {
  return dashboard({
    uid: 'chaoslab-clients',
    title: 'Clients',
    description: 'What clients get: throughput, errors, latency, outages, and whether what they were told was true.',
    panels: arrange([
      {
        height: 8,
        panels: [
          [
            12,
            lines(
              'Writes acknowledged, by server',
              'ops',
              [[`sum by (server) (${operations('write', 'outcome="ok"')})`, '{{server}}']],
              { isStacked: true },
            ),
          ],
          [
            12,
            lines(
              'Reads answered, by server',
              'ops',
              [[`sum by (server) (${operations('read', 'outcome="ok"')})`, '{{server}}']],
              { isStacked: true },
            ),
          ],
        ],
      },
      {
        height: 8,
        panels: [
          [
            12,
            lines(
              'Not acknowledged',
              'ops',
              (['write', 'read'] as const).map(
                (kind): Query => [`sum by (outcome) (${operations(kind, 'outcome!="ok"')})`, `${kind}s {{outcome}}`],
              ),
              {
                description:
                  'failed: certainly not done. unknown: sent, and no answer came. dropped: could not be sent in time.',
              },
            ),
          ],
          [
            12,
            lines(
              'Errors by class',
              'ops',
              [
                [
                  `sum by (kind, code) (rate(chaoslab_operation_errors_total{${OF_RUN}}[$__rate_interval]))`,
                  '{{kind}} {{code}}',
                ],
              ],
              { description: 'SQLSTATE, socket code, or a code of the lab.' },
            ),
          ],
        ],
      },
      ...(['write', 'read'] as const).map((kind) => ({
        height: 9,
        panels: [
          [
            12,
            heatmap(`Latency of ${kind}s`, 's', [`sum by (le) (increase(${buckets(kind)}))`, '{{le}}'], FROM_DUE),
          ] as const,
          [
            12,
            lines(
              `Latency of ${kind}s: quantiles`,
              's',
              ['0.5', '0.9', '0.99', '0.999'].map(
                (q): Query => [`histogram_quantile(${q}, sum by (le) (rate(${buckets(kind)})))`, `p${Number(q) * 100}`],
              ),
              { isLog: true, description: `${FROM_DUE} As exact as the buckets, from 0.5 ms to 30 s.` },
            ),
          ] as const,
        ],
      })),
      {
        height: 8,
        panels: [
          [
            12,
            lines(
              'Latency in the latest window',
              's',
              [[`chaoslab_latest_latency_seconds{${OF_RUN}}`, '{{kind}} {{stat}}']],
              { isLog: true, description: 'Exact, of the operations acknowledged in each second.' },
            ),
          ],
          [
            12,
            lines('Outage', 's', [[`chaoslab_outage_current_seconds{${OF_RUN}}`, '{{kind}}s']], {
              description: 'How long clients have not been able to write, or read, by a probe every 20 ms.',
            }),
          ],
        ],
      },
      {
        height: 8,
        panels: [
          [
            12,
            figure(
              'What became of the writes',
              'none',
              [
                [
                  `sum by (class) (max_over_time(chaoslab_audit_writes{class=~"acknowledged|lost|unguarded_lost|unknown|recovered|phantom|duplicated", ${OF_RUN}}[$__range]))`,
                  '{{class}}',
                ],
              ],
              {
                decimals: 0,
                description:
                  'By the audit, every write against the rows that the nodes hold. lost: acknowledged, and gone. recovered: unknown, and there. phantom: failed, and there. No figures: no audit has been made.',
              },
            ),
          ],
          [
            12,
            lines(
              'Age of what replicas answered',
              's',
              [[`chaoslab_replica_staleness_seconds{${OF_RUN}}`, '{{stat}}']],
              { description: 'Against the writes that the lab itself had been told were done.' },
            ),
          ],
        ],
      },
      {
        height: 7,
        panels: [
          [
            6,
            lines(
              'Reads behind their client',
              'percentunit',
              (['backwards', 'missed_own'] as const).map(
                (what): Query => [
                  `sum(rate(chaoslab_replica_reads_${what}_total{${OF_RUN}}[$__rate_interval])) / (sum(rate(chaoslab_replica_reads_judged_total{${OF_RUN}}[$__rate_interval])) > 0)`,
                  what === 'backwards' ? 'saw less than one before' : "missed a write of the client's own",
                ],
              ),
              { description: 'Share of the reads that could be judged.' },
            ),
          ],
          [6, lines('In flight', 'none', [[`chaoslab_operations_in_flight{${OF_RUN}}`, '{{kind}}s']], { decimals: 0 })],
          [
            6,
            lines(
              'CPU of the lab itself',
              'none',
              [[`sum by (mode) (rate(chaoslab_process_cpu_seconds_total{${OF_RUN}}[$__rate_interval]))`, '{{mode}}']],
              { isStacked: true, description: 'In cores.' },
            ),
          ],
          [
            6,
            lines("How late the lab's timers are", 's', [[`chaoslab_event_loop_lag_seconds{${OF_RUN}}`, '{{stat}}']], {
              description: 'It cannot clock anything better than this.',
            }),
          ],
        ],
      },
    ]),
  })
}
