import { arrange, dashboard } from './dashboard.ts'
import { type Dashboard, OF_RUN } from './grafana.ts'
import { figure, lines, states } from './panels.ts'

/** Who leads, how the cluster passes from one leader to the next, and what keeps it from being whole. */
export function clusterAndFailover(): Dashboard {
  return dashboard({
    uid: 'chaoslab-cluster',
    title: 'Cluster and failover',
    description: 'Who leads, how the cluster passes from one leader to the next, and what keeps it from being whole.',
    panels: arrange([
      {
        height: 4,
        panels: [
          [
            4,
            figure('Leader', 'none', [[`chaoslab_leader{${OF_RUN}} == 1`, '{{member}}']], {
              isName: true,
              description: 'Who holds the leader key, as etcd tells the lab.',
            }),
          ],
          [
            4,
            figure(
              'No write acknowledged for',
              's',
              [[`chaoslab_outage_current_seconds{kind="write", ${OF_RUN}}`, '{{run}}']],
              { isBad: true, description: 'By the probe, a write every 20 ms. No figure: no probe runs.' },
            ),
          ],
          [
            4,
            figure(
              'Latest outage of writes',
              's',
              [[`chaoslab_outage_last_seconds{kind="write", ${OF_RUN}}`, '{{run}}']],
              { description: 'From the last acknowledged write to the first of a sustained recovery.' },
            ),
          ],
          [
            4,
            figure(
              'Failovers',
              'none',
              [[`sum(max_over_time(chaoslab_failovers_total{${OF_RUN}}[$__range]))`, 'failovers']],
              {
                decimals: 0,
                description: 'Times that the leader key passed to another member, since the runs shown began.',
              },
            ),
          ],
          [
            4,
            figure(
              'Acknowledged writes lost',
              'none',
              [[`sum(max_over_time(chaoslab_audit_writes{class="lost", ${OF_RUN}}[$__range]))`, 'lost']],
              {
                isBad: true,
                decimals: 0,
                description: 'By the audit, which a run has at its end. No figure: none has been made.',
              },
            ),
          ],
          [
            4,
            figure(
              'Two leaders for',
              's',
              [[`sum(max_over_time(chaoslab_split_brain_seconds_total{${OF_RUN}}[$__range]))`, 'split brain']],
              {
                isBad: true,
                description:
                  'Time in which two nodes were certainly witnessed to take writes at once; 0 is no proof of none.',
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
            states(
              'Leader key',
              [[`chaoslab_leader{${OF_RUN}}`, '{{member}}']],
              [
                ['–', 'transparent'],
                ['leader', 'green'],
              ],
              'Who holds the leader key in etcd. A gap: etcd does not tell the lab.',
            ),
          ],
          [
            12,
            states(
              'Roles',
              [
                [
                  'patroni_primary + 2 * patroni_standby_leader + 3 * patroni_replica + patroni_sync_standby + 2 * patroni_quorum_standby',
                  '{{name}}',
                ],
              ],
              [
                ['neither', 'orange'],
                ['primary', 'green'],
                ['standby leader', 'dark-green'],
                ['replica', 'blue'],
                ['sync standby', 'purple'],
                ['quorum standby', 'dark-purple'],
              ],
              'What each Patroni says of its own PostgreSQL. A gap: it does not answer.',
            ),
          ],
        ],
      },
      {
        height: 8,
        panels: [
          [
            8,
            lines('Timeline', 'none', [['patroni_postgres_timeline > 0', '{{name}}']], {
              isStepped: true,
              decimals: 0,
              description: 'Each promotion begins a new one; a member that stays behind has not followed yet.',
            }),
          ],
          [
            16,
            states(
              'HAProxy: servers',
              [['haproxy_server_status{proxy=~"leader|replicas", state="UP"}', '{{proxy}} {{server}} ({{haproxy}})']],
              [
                ['DOWN', 'red'],
                ['UP', 'green'],
              ],
              'Whom the proxy sends sessions to, by listener. A proxy that has just started calls all of them UP.',
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
              'Replication lag',
              'bytes',
              [
                [
                  'clamp_min((max by (scope) (patroni_xlog_location) > 0) - on (scope) group_right () (patroni_xlog_replayed_location and patroni_replica == 1), 0)',
                  '{{name}} not replayed',
                ],
                [
                  'clamp_min((patroni_xlog_received_location - patroni_xlog_replayed_location) and patroni_replica == 1, 0)',
                  '{{name}} received, not replayed',
                ],
              ],
              {
                description:
                  'Members are scraped up to a second apart: under load this shows up to a second of writes more than there is. Without a leader there is no lag to tell.',
              },
            ),
          ],
          [
            12,
            lines(
              'etcd last seen, and what is left of the lease',
              's',
              [
                ['time() - (patroni_dcs_last_seen > 0)', '{{name}} last saw etcd'],
                [`chaoslab_leader_lease_remaining_seconds{${OF_RUN}}`, 'lease of the leader key'],
              ],
              {
                description:
                  'A leader that cannot reach etcd steps down before its lease runs out; when the lease has run out, another may take the key.',
              },
            ),
          ],
        ],
      },
      {
        height: 10,
        panels: [
          [
            12,
            states(
              'Flags',
              [
                ['max by (name) (patroni_sync_standby + patroni_quorum_standby)', '{{name}} synchronous'],
                ['max by (name) (patroni_failsafe_mode_is_active)', '{{name}} in failsafe mode'],
                ['max by (name) (patroni_pending_restart)', '{{name}} needs a restart'],
                ['max by (scope) (patroni_is_paused)', '{{scope}} paused'],
                ['max by (scope) (patroni_cluster_unlocked)', '{{scope}} without a leader key'],
              ],
              [
                ['no', 'transparent'],
                ['yes', 'yellow'],
              ],
            ),
          ],
          [
            12,
            states(
              'Alerts that fire',
              [
                [
                  'max by (alertname, name, instance, proxy) (ALERTS{alertstate="firing"})',
                  '{{alertname}} {{name}}{{instance}}{{proxy}}',
                ],
              ],
              [
                ['no', 'transparent'],
                ['fires', 'red'],
              ],
              'By the rules in hw3/prometheus/rules.',
            ),
          ],
        ],
      },
      {
        height: 9,
        panels: [
          [
            12,
            states(
              'Faults in force',
              [[`chaoslab_fault_active{${OF_RUN}} == 1`, '{{kind}} {{target}}']],
              [
                ['no', 'transparent'],
                ['in force', 'red'],
              ],
              'From the moment that a fault was confirmed until it was taken back.',
            ),
          ],
          [
            12,
            states(
              'What the lab can see',
              [[`chaoslab_observer_up{${OF_RUN}}`, '{{source}} {{target}}']],
              [
                ['silent', 'red'],
                ['answers', 'green'],
              ],
              'Whether each source answered the lab when it was last asked.',
            ),
          ],
        ],
      },
    ]),
  })
}
