import { formatDuration } from '../../model/units.ts'
import { type Measured, type Words, wentOn } from './words.ts'

export const english: Words = {
  title: 'Homework 3: a Patroni cluster, broken on purpose',
  how: ({ date, duration, scenarios, runs, lab, patroni, postgresql, etcd, docker, timing, proxy, probeMs }) =>
    [
      `Every number below was measured by \`chaoslab run hw3/scenarios/homework/*.yaml --answer hw3/HW_3_SOLUTION.md\` on ${date}: ${scenarios} scenarios, ${runs} runs, ${duration} in all.`,
      `Versions: Patroni ${patroni}, PostgreSQL ${postgresql}, etcd ${etcd}, Docker ${docker}, chaoslab ${lab}. Patroni's timing: ${timing}; HAProxy's check: ${proxy}.`,
      `While things broke, clients wrote through HAProxy's port 5001 and read through 5002, and a probe ${probeMs === null ? '' : `every ${probeMs} ms `}clocked how long they could not. After each run every single write was looked up in the database: *lost* is a write that a client was told was done, and that is not there.`,
    ].join('\n\n'),
  cluster: {
    title: 'What the cluster consists of',
    parts: [
      '- **etcd1–3**: the DCS. Three members that agree by Raft; two of three are a quorum. The leader key lies here, on a lease that expires after `ttl` seconds unless its holder renews it.',
      '- **patroni1–3**: PostgreSQL with Patroni beside it. Who holds the leader key is the primary; the others stream from it.',
      '- **haproxy**: asks each Patroni over REST who leads. 5001 leads to the leader, 5002 to the replicas in turn, 7001 shows the statistics. Clients know only this address.',
    ].join('\n'),
    reading:
      'Exactly one member is the Leader, the others are Replicas that stream on the same timeline (TL) without lag. In HAProxy only the leader is UP in `leader`, since `OPTIONS /primary` is 200 on the holder of the key alone (the others answer 503, L7STS), and only the replicas are UP in `replicas`. The last two lines say where the application writes and where it reads.',
  },
  overview: {
    title: 'In short',
    columns: [
      'what was done',
      'no writes for',
      'no reads for',
      'acknowledged writes lost',
      'failovers',
      'redundancy restored after',
      'as expected',
    ],
    note: 'Several values are the repeats. "Redundancy restored" counts from the fault until the old leader streams again, and so holds the time for which the fault was kept up.',
  },
  casesTitle: 'Case by case',
  questions: {
    'replica-off': {
      title: 'A replica off and on again',
      done: 'One replica was stopped and started again.',
      answer: (m) =>
        `${goesOn(m)} HAProxy takes the stopped replica out of 5002 and the reads go to the other one; the leader does not notice. When it is back it catches up from the leader's WAL. Lost writes: ${m.lost}.`,
    },
    'leader-off': {
      title: 'The leader off and on again',
      done: 'The leader was stopped cleanly (`docker stop`).',
      answer: (m) =>
        `${goesOn(m)} Patroni shuts PostgreSQL down and releases the leader key, so a replica takes over at once, on a new timeline. The old leader comes back as a replica. Lost writes: ${m.lost}.`,
    },
    'leader-killed': {
      title: 'The leader killed',
      done: "Every process of the leader's container was killed (`docker kill`).",
      answer: (m) =>
        `${goesOn(m)} Nobody released the key: it had to expire first (${m.keyGone} after the last acknowledged write), then another node took it (${m.keyTaken}) and was promoted (${m.promotion}). So most of the outage is \`ttl\`. Lost writes: ${m.lost}.`,
    },
    'leader-paused': {
      title: 'The leader paused',
      done: "The leader's container was frozen (`docker pause`), and resumed once another node led.",
      answer: (m) =>
        `${goesOn(m)} To the cluster a frozen node is like a dead one: the key expires (${m.keyGone}), a replica takes over. Resumed, the old leader finds that it no longer holds the key, and becomes a replica. Time with two nodes that would have taken writes: ${m.splitBrain}. Lost writes: ${m.lost}.`,
    },
    'leader-cut-off': {
      title: 'The leader cut off from etcd and its peers, clients still reach it',
      done: 'A partition between the leader on one side, etcd and the replicas on the other; HAProxy and the clients reach both sides. Asynchronous replication.',
      answer: (m) =>
        `${goesOn(m)} Until the old leader gives up it acknowledges writes that reach nobody else. When it rejoins, pg_rewind throws them away. **Acknowledged writes lost: ${m.lost}.**`,
    },
    'leader-cut-off-synchronous': {
      title: 'The same with synchronous replication',
      done: 'The same partition with `synchronous_mode: true`.',
      answer: (m) =>
        `${goesOn(m)} The cut leader waits for a standby that never answers, so it acknowledges nothing that could vanish. **Acknowledged writes lost: ${m.lost}**; without an answer (done or not, the client does not know): ${m.unknown}.`,
    },
    'etcd-member-off': {
      title: 'One etcd off and on again',
      done: 'One etcd member, not their leader, was stopped and started again.',
      answer: (m) =>
        `${goesOn(m)} Two of three are a quorum: the lease is renewed through the others. Failovers: ${m.failovers}.`,
    },
    'etcd-leader-off': {
      title: 'The etcd leader off and on again',
      done: 'The etcd member that led was stopped and started again.',
      answer: (m) =>
        `${goesOn(m)} The other two elect a new Raft leader within a second or so, and every lease gets its full time again. Failovers of PostgreSQL: ${m.failovers}.`,
    },
    'quorum-lost': {
      title: 'Two of three etcd off (failsafe mode off)',
      done: 'The majority of etcd was stopped, and started again after a while.',
      answer: (m) =>
        `${goesOn(m)} PostgreSQL is well, but its leader cannot renew the key and has to assume that somebody else takes it: it demotes itself. Nobody can be elected either. Writing stands still for as long as etcd has no quorum. Lost writes: ${m.lost}.`,
    },
    'quorum-lost-failsafe': {
      title: 'Two of three etcd off (failsafe mode on)',
      done: 'The same with `failsafe_mode: true`.',
      answer: (m) =>
        `${goesOn(m)} The leader asks every other node over REST whether it may go on; as all of them agree, it does, without etcd. Lost writes: ${m.lost}.`,
    },
    'proxy-off': {
      title: 'HAProxy off',
      done: 'The only HAProxy was killed for ten seconds.',
      answer: (m) =>
        `${goesOn(m)} The database is well, and nobody reaches it: HAProxy is the single point of failure of this cluster. Failovers: ${m.failovers}.`,
    },
    'proxy-off-two-endpoints': {
      title: 'HAProxy off, with a second one beside it',
      done: 'The same with two HAProxies and clients that know both addresses and try them in order.',
      answer: (m) =>
        `${goesOn(m)} What was under way on the dead proxy is answered by nobody (unknown: ${m.unknown}); the next connection goes to the other one.`,
    },
    'all-off': {
      title: 'Everything off and on again',
      done: 'Every container was killed at the same moment and started again.',
      answer: (m) =>
        `${goesOn(m)} The data is on volumes: etcd finds its quorum again, a node takes the leader key, HAProxy finds it. Nobody has to do anything but to start the containers. Lost writes: ${m.lost}.`,
    },
  },
  looks: {},
  enough: {
    title: 'Is the fault tolerance sufficient?',
    paragraphs: (find) => [
      sentence(
        find('leader-killed'),
        (m) =>
          `**Of the database: yes, at a price.** The loss of any one node is survived without a hand. A crash of the leader costs ${m.writeOutage} without writes, of which \`ttl\` is most; a planned stop costs ${find('leader-off')?.writeOutage ?? 'less'}.`,
      ),
      sentence(
        find('leader-cut-off'),
        (m) =>
          `**Of the data: not with asynchronous replication.** In a partition ${m.lost} acknowledged writes were lost${sentence(find('leader-cut-off-synchronous'), (s) => `; with \`synchronous_mode\` ${s.lost}`)}.`,
      ),
      sentence(
        find('quorum-lost'),
        (m) =>
          `**Of the DCS: one of three may fail.** Without a quorum nobody can write (${m.writeOutage} here, as long as it lasted)${sentence(find('quorum-lost-failsafe'), (s) => `; \`failsafe_mode\` bridges that (${s.writeOutage})`)}.`,
      ),
      sentence(
        find('proxy-off'),
        (m) =>
          `**Of the way to it: no.** There is one HAProxy, and while it is off nobody writes (${m.writeOutage}) or reads (${m.readOutage}), however well the cluster is.`,
      ),
    ],
  },
  production: {
    title: 'How to avoid the single HAProxy in production',
    paragraphs: (find) => [
      sentence(
        find('proxy-off-two-endpoints'),
        (m) =>
          `Shown rather than told: with a second HAProxy and clients that know both addresses, the same kill cost writers ${m.writeOutage} and readers ${m.readOutage}${sentence(find('proxy-off'), (one) => `, instead of ${one.writeOutage} and ${one.readOutage}`)}.`,
      ),
      [
        '- Two or more proxies on different hosts, and connection strings that name them all: `host=haproxy1,haproxy2 port=5001,5011 target_session_attrs=read-write` (libpq, JDBC and most drivers try them in order).',
        '- Or one address that moves: keepalived (VRRP) in front of the proxies, or vip-manager, which ties an address to the leader key itself.',
        '- Or no proxy: connection strings that name all the nodes, with `target_session_attrs=primary` for writing and `prefer-standby` for reading.',
        '- A proxy beside each application (sidecar), so that it fails only together with its application.',
        '- In the cloud: a load balancer of several zones that asks `/primary` and `/replica` as HAProxy does here.',
      ].join('\n'),
    ],
  },
  reproduce: {
    title: 'To see it yourself',
    text: 'After each run, Grafana at http://localhost:3000 (admin/admin, where its image can be had) shows the three dashboards of `grafana_dashboards/`; each run also has a report of its own, `report.html`.\n\n~~~sh\nnpm start -- up --proxies 2\nnpm start -- run hw3/scenarios/homework/*.yaml --answer hw3/HW_3_SOLUTION.md --lang en\n~~~',
  },
  judgement: { pass: 'yes', fail: '**no**', unknown: 'not known' },
  missing: (titles) => `Not measured in this run: ${titles.join('; ')}.`,
  notMeasured: 'not measured',
  notOver: 'not over at the end',
  none: 'none',
  duration: formatDuration,
}

function goesOn({ worstWriteOutageMs, worstReadOutageMs, writeOutage, readOutage }: Measured): string {
  return `${one('writing', worstWriteOutageMs, writeOutage)} ${one('reading', worstReadOutageMs, readOutage)}`
}

function one(what: string, outageMs: number | null, told: string): string {
  const name = what[0]?.toUpperCase() + what.slice(1)
  const isOn = wentOn(outageMs)
  if (isOn === null) return `Whether the application went on ${what} was not measured.`
  if (outageMs === 0) return `${name} went on without a gap.`
  return isOn ? `${name} went on, with a gap of ${told}.` : `${name} stood still for **${told}**.`
}

function sentence(measured: Measured | null, tell: (measured: Measured) => string): string {
  return measured === null ? '' : tell(measured)
}
