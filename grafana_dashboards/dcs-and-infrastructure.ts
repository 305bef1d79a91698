import { arrange, dashboard } from './dashboard.ts'
import { type Dashboard, OF_RUN } from './grafana.ts'
import { lines, states } from './panels.ts'

const p99 = (histogram: string, by: string) =>
  `histogram_quantile(0.99, sum by (le, ${by}) (rate(${histogram}_bucket[1m])))`

/** What the cluster stands on: etcd, the lease, containers, the proxy. */
export function dcsAndInfrastructure(): Dashboard {
  return dashboard({
    uid: 'chaoslab-dcs',
    title: 'DCS and infrastructure',
    description: 'What the cluster stands on: etcd, the lease, containers, the proxy.',
    panels: arrange([
      {
        height: 7,
        panels: [
          [
            12,
            states(
              'etcd members',
              [['etcd_server_has_leader + etcd_server_is_leader', '{{instance}}']],
              [
                ['sees no leader', 'red'],
                ['follower', 'blue'],
                ['leader', 'green'],
              ],
              'A gap: the member does not answer.',
            ),
          ],
          [
            6,
            lines(
              'Members above the quorum',
              'none',
              [
                [
                  '(sum by (job) (etcd_server_has_leader) or 0 * count by (job) (up{job="etcd"})) - floor(count by (job) (up{job="etcd"}) / 2 + 1)',
                  'reserve',
                ],
              ],
              {
                isStepped: true,
                decimals: 0,
                description: 'How many members more may be lost. Below 0 there is no quorum.',
              },
            ),
          ],
          [
            6,
            lines('etcd: changes of the leader', 'none', [['etcd_server_leader_changes_seen_total', '{{instance}}']], {
              isStepped: true,
              decimals: 0,
              description: 'As each member has seen them since it started.',
            }),
          ],
        ],
      },
      {
        height: 7,
        panels: [
          [
            8,
            lines('Proposals committed', 'ops', [
              ['rate(etcd_server_proposals_committed_total[$__rate_interval])', '{{instance}}'],
            ]),
          ],
          [
            8,
            lines(
              'Proposals pending and failed',
              'none',
              [
                ['etcd_server_proposals_pending', '{{instance}} pending'],
                ['increase(etcd_server_proposals_failed_total[1m])', '{{instance}} failed in a minute'],
              ],
              { description: 'Pending for long: no quorum, or a slow disk. Failed: elections, or a lost quorum.' },
            ),
          ],
          [
            8,
            lines('Size of the database', 'bytes', [
              ['etcd_mvcc_db_total_size_in_bytes', '{{instance}}'],
              ['etcd_mvcc_db_total_size_in_use_in_bytes', '{{instance}} in use'],
            ]),
          ],
        ],
      },
      {
        height: 7,
        panels: [
          [
            8,
            lines(
              'fsync of the WAL, p99',
              's',
              [[p99('etcd_disk_wal_fsync_duration_seconds', 'instance'), '{{instance}}']],
              { isLog: true, description: 'Over a minute. etcd wants it below 10 ms.' },
            ),
          ],
          [
            8,
            lines(
              'Commit of the backend, p99',
              's',
              [[p99('etcd_disk_backend_commit_duration_seconds', 'instance'), '{{instance}}']],
              { isLog: true, description: 'Over a minute. etcd wants it below 25 ms.' },
            ),
          ],
          [
            8,
            lines(
              'Round trip between members, p99',
              's',
              [[p99('etcd_network_peer_round_trip_time_seconds', 'instance, To'), '{{instance}} to {{To}}']],
              {
                isLog: true,
                description: 'Over a minute. The election timeout, 1 s, should be at least ten of them.',
              },
            ),
          ],
        ],
      },
      {
        height: 7,
        panels: [
          [
            12,
            lines(
              'What is left of the lease under the leader key',
              's',
              [[`chaoslab_leader_lease_remaining_seconds{${OF_RUN}}`, 'lease']],
              {
                description:
                  'A saw that stays high is a leader that renews it. A gap: there is no key, or etcd does not tell.',
              },
            ),
          ],
          [
            12,
            lines('etcd last seen by Patroni', 's', [['time() - (patroni_dcs_last_seen > 0)', '{{name}}']], {
              description: 'Up to loop_wait is normal.',
            }),
          ],
        ],
      },
      {
        height: 8,
        panels: [
          [
            8,
            lines('CPU of the containers', 'none', [[`chaoslab_container_cpu_cores{${OF_RUN}}`, '{{service}}']], {
              description: 'In cores.',
            }),
          ],
          [
            8,
            lines(
              'Memory of the containers',
              'bytes',
              [[`chaoslab_container_memory_bytes{${OF_RUN}}`, '{{service}}']],
              { description: 'Without the file cache that can be dropped.' },
            ),
          ],
          [
            8,
            states(
              'Containers',
              [[`chaoslab_container_running{${OF_RUN}}`, '{{service}}']],
              [
                ['down', 'red'],
                ['runs', 'green'],
              ],
              'A paused one counts as down.',
            ),
          ],
        ],
      },
      {
        height: 7,
        panels: [
          [
            8,
            lines(
              'HAProxy: sessions',
              'none',
              [['haproxy_server_current_sessions{proxy=~"leader|replicas"}', '{{proxy}} {{server}} ({{haproxy}})']],
              { decimals: 0 },
            ),
          ],
          [
            8,
            lines(
              'HAProxy: checks that failed',
              'ops',
              [
                [
                  'rate(haproxy_server_check_failures_total{proxy=~"leader|replicas"}[$__rate_interval])',
                  '{{proxy}} {{server}} ({{haproxy}})',
                ],
              ],
              {
                description: 'Of servers that were UP: those that are DOWN are expected to fail, and are not counted.',
              },
            ),
          ],
          [
            8,
            lines('HAProxy: how long a check takes', 's', [
              [
                'haproxy_server_check_duration_seconds{proxy=~"leader|replicas"}',
                '{{proxy}} {{server}} ({{haproxy}})',
              ],
            ]),
          ],
        ],
      },
      {
        height: 7,
        panels: [
          [
            8,
            lines('HAProxy: new sessions', 'ops', [
              [
                'rate(haproxy_server_sessions_total{proxy=~"leader|replicas"}[$__rate_interval])',
                '{{proxy}} {{server}} ({{haproxy}})',
              ],
            ]),
          ],
          [
            8,
            lines(
              'HAProxy: connections that failed',
              'ops',
              [
                [
                  'rate(haproxy_backend_connection_errors_total{proxy=~"leader|replicas"}[$__rate_interval])',
                  '{{proxy}} ({{haproxy}})',
                ],
              ],
              { description: 'To a server that was UP and could not be connected to.' },
            ),
          ],
          [
            8,
            states(
              'What Prometheus can scrape',
              [['up{optional=""} or (up and max_over_time(up[5m]) == 1)', '{{job}} {{instance}}']],
              [
                ['silent', 'red'],
                ['answers', 'green'],
              ],
            ),
          ],
        ],
      },
    ]),
  })
}
